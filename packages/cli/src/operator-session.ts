// How a command reaches the admin API: the server and the operator. The token is requested by our own client package.
import type { Command } from 'commander'
import { createAdminClient, operatorsIssuerPath, operatorsTokenPath, type AdminClient } from '@countersign/admin'
import { createTokenProvider, withBearer, type ClientCredentialOptions } from '@countersign/client'
import { isLoopbackHost } from '@countersign/protocol'
import { openClientKey } from './private-key-file.ts'
import { demoStateFile, findDemoState } from './home.ts'
import { CommandError, printNote } from './output.ts'
import { refuseDamaged } from './secret-file.ts'
import { repeatWrites } from './repeat-writes.ts'

export interface SessionOptions {
  readonly server?: string
  readonly operatorRealm?: string
  readonly json?: boolean
  readonly idempotencyKey?: string
}

/** Adds the options that every operator command has. */
export function forOperators(command: Command): Command {
  return command
    .option('--server <url>', 'URL of the server, for example https://auth.example.com; COUNTERSIGN_SERVER by default')
    .option(
      '--operator-realm <issuer>',
      'realm of an operator that lives in the realm that it serves: its issuer, as a URL or a path such as /realms/nt24-idp; COUNTERSIGN_OPERATOR_REALM by default',
    )
    .option('--json', 'print JSON')
}

/** Retries writes whose response is lost; each is applied at most once. @throws CommandError where no server or operator is named and no demo was started */
export function openAdminClient(
  { server, operatorRealm, json, idempotencyKey }: SessionOptions,
  send: typeof fetch = (...request) => fetch(...request),
): AdminClient {
  const { serverUrl, ...credentials } = findOperator(server, operatorRealm)
  const tokens = createTokenProvider({ ...credentials, fetch: send })
  const admin = createAdminClient({ serverUrl, fetch: withBearer(send, tokens, { origins: [serverUrl] }) })
  return repeatWrites(admin, { idempotencyKey, say: (message) => void (json || printNote(message)) })
}

type Operator = ClientCredentialOptions & { readonly serverUrl: string } & ({ readonly tokenUrl: string } | { readonly issuer: string })

/** The operator of the environment, otherwise that of the demo. */
function findOperator(
  server = process.env['COUNTERSIGN_SERVER'],
  realm = process.env['COUNTERSIGN_OPERATOR_REALM'] || undefined,
): Operator {
  const named = server === undefined ? undefined : parseServerUrl(server)
  const variables = readVariables()
  if (variables !== undefined) {
    const serverUrl = named ?? findDemoState()?.serverUrl
    if (serverUrl === undefined) throw new CommandError('No server is given.', { next: 'Use --server URL, or set COUNTERSIGN_SERVER.' })
    const issuer = toIssuer(realm ?? operatorsIssuerPath, serverUrl)
    const login = realm === undefined ? { tokenUrl: new URL(operatorsTokenPath, serverUrl).href } : { issuer }
    return { serverUrl, ...login, ...readCredentials(variables, issuer) }
  }
  if (realm !== undefined)
    throw new CommandError(`The operator of "${realm}" has no credentials.`, {
      next: 'Set COUNTERSIGN_CLIENT_ID and COUNTERSIGN_CLIENT_SECRET to those of the client, or leave out --operator-realm and COUNTERSIGN_OPERATOR_REALM.',
    })
  const demo = findDemoState()
  if (demo && (named === undefined || named === demo.serverUrl)) return { serverUrl: demo.serverUrl, ...demo.operator }
  throw new CommandError(
    `No operator credentials are given, and ${demo ? `the demo runs on ${demo.serverUrl}, not on ${named}` : `there is no demo in "${demoStateFile()}"`}.`,
    {
      next: 'Set COUNTERSIGN_SERVER, COUNTERSIGN_CLIENT_ID and COUNTERSIGN_CLIENT_SECRET to what "countersign init" printed, or start the demo.',
    },
  )
}

/** The secret goes to the token endpoint that the metadata of this issuer names. */
function toIssuer(realm: string, serverUrl: string): string {
  const isUrl = /^https?:\/\//.test(realm)
  if (!isUrl && !realm.startsWith('/'))
    throw new CommandError(`"--operator-realm ${realm}" is not an issuer.`, {
      next: `Write the path of the issuer, such as "/realms/${realm}", or its URL; "countersign realm list --json" prints the issuers.`,
    })
  return (isUrl ? realm : serverUrl + realm).replace(/\/$/, '')
}

interface Variables {
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly keyFile: string | undefined
}

/** A variable that is set to the empty string counts as unset. @throws CommandError for anything but an id with a secret or a key */
function readVariables(): Variables | undefined {
  const clientId = process.env['COUNTERSIGN_CLIENT_ID'] || undefined
  const clientSecret = process.env['COUNTERSIGN_CLIENT_SECRET'] || undefined
  const keyFile = process.env['COUNTERSIGN_CLIENT_KEY_FILE'] || undefined
  if (clientSecret !== undefined && keyFile !== undefined)
    throw new CommandError('COUNTERSIGN_CLIENT_SECRET and COUNTERSIGN_CLIENT_KEY_FILE are both set.', { next: 'Unset one of them.' })
  if (clientId === undefined && keyFile !== undefined)
    throw new CommandError('COUNTERSIGN_CLIENT_KEY_FILE is set, but COUNTERSIGN_CLIENT_ID is not.', {
      next: 'Set COUNTERSIGN_CLIENT_ID to the client id of the operator.',
    })
  if ((clientId === undefined) !== ((clientSecret ?? keyFile) === undefined))
    throw new CommandError(`COUNTERSIGN_CLIENT_${clientId === undefined ? 'ID' : 'SECRET'} is not set, but the other of the two is.`, {
      next: 'Set both to what "countersign init" or "countersign operator create" printed, or unset both to use the demo.',
    })
  return clientId === undefined ? undefined : { clientId, clientSecret, keyFile }
}

function readCredentials({ clientId, clientSecret, keyFile }: Variables, audience: string): ClientCredentialOptions {
  refuseDamaged('COUNTERSIGN_CLIENT_ID', clientId)
  if (keyFile !== undefined) {
    const keyId = process.env['COUNTERSIGN_CLIENT_KEY_ID'] || undefined
    return { clientId, clientAuth: openClientKey({ file: keyFile, keyId, audience }) }
  }
  refuseDamaged('COUNTERSIGN_CLIENT_SECRET', clientSecret ?? '')
  return { clientId, clientSecret: clientSecret ?? '' }
}

function parseServerUrl(server: string): string {
  const url = URL.parse(server)
  const { origin, protocol, hostname = '' } = url ?? {}
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
  if (!isSafe || origin === undefined)
    throw new CommandError(`"${server}" is not the URL of a server.`, {
      next: 'Use a URL such as https://auth.example.com; http is accepted for localhost only.',
    })
  const { pathname = '/', search = '', hash = '', username = '', password = '' } = url ?? {}
  if (username !== '' || password !== '')
    throw new CommandError('The URL of the server contains credentials, which would appear in logs and in the process list.', {
      next: 'Set COUNTERSIGN_CLIENT_ID and COUNTERSIGN_CLIENT_SECRET instead.',
    })
  if (pathname + search + hash !== '/')
    throw new CommandError(`"${server}" has the path "${pathname + search + hash}"; expected the origin of the server only.`, {
      next: `Use "${origin}". The paths of the admin API and of the operators' token endpoint are fixed.`,
    })
  return origin
}
