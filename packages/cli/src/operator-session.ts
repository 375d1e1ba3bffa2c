// How a command reaches the admin API: which server, and as which operator. The token comes from our own client.
import type { Command } from 'commander'
import { createAdminClient, operatorsTokenPath, type AdminClient } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { isLoopbackHost } from '@countersign/protocol'
import { demoStateFile, findDemoState } from './home.ts'
import { CommandError } from './output.ts'
import { repeatWrites } from './repeat-writes.ts'

export interface SessionOptions {
  readonly server?: string
  readonly json?: boolean
  readonly idempotencyKey?: string
}

/** Adds what every command of an operator has. */
export function forOperators(command: Command): Command {
  return command.option('--server <url>', 'the server, for example https://auth.example.com').option('--json', 'print JSON')
}

/** Its writes happen once, whatever answers are lost. @throws CommandError where no server or operator is named and no demo was started */
export function openAdminClient({ server, json, idempotencyKey }: SessionOptions): AdminClient {
  const { serverUrl, tokenUrl, clientId, clientSecret } = findOperator(server)
  const tokens = createTokenProvider({ tokenUrl, clientId, clientSecret })
  const admin = createAdminClient({ serverUrl, fetch: withBearer(fetch, tokens, { origins: [serverUrl] }) })
  return repeatWrites(admin, { idempotencyKey, say: (message) => void (json || console.error(message)) })
}

/** The operator of the environment, or else that of the demo. */
function findOperator(server = process.env['COUNTERSIGN_SERVER']) {
  const named = server === undefined ? undefined : parseServerUrl(server)
  // A variable that is set to nothing counts as not set.
  const clientId = process.env['COUNTERSIGN_CLIENT_ID'] || undefined
  const clientSecret = process.env['COUNTERSIGN_CLIENT_SECRET'] || undefined
  if ((clientId === undefined) !== (clientSecret === undefined))
    throw new CommandError(`COUNTERSIGN_CLIENT_${clientId === undefined ? 'ID' : 'SECRET'} is not set, and the other one is.`, {
      next: 'Set both to what "countersign init" or "countersign operator create" printed, or none of them for the demo.',
    })
  if (clientId !== undefined && clientSecret !== undefined) {
    const serverUrl = named ?? findDemoState()?.serverUrl
    if (serverUrl === undefined) throw new CommandError('No server is named.', { next: 'Use --server URL, or set COUNTERSIGN_SERVER.' })
    return { serverUrl, tokenUrl: new URL(operatorsTokenPath, serverUrl).href, clientId, clientSecret }
  }
  const demo = findDemoState()
  if (demo && (named === undefined || named === demo.serverUrl)) return { serverUrl: demo.serverUrl, ...demo.operator }
  throw new CommandError(
    `No operator is named, and ${demo ? `the demo runs on ${demo.serverUrl}, not on ${named}` : `there is no demo in "${demoStateFile()}"`}.`,
    {
      next: 'Set COUNTERSIGN_SERVER, COUNTERSIGN_CLIENT_ID and COUNTERSIGN_CLIENT_SECRET to what "countersign init" printed, or start the demo.',
    },
  )
}

function parseServerUrl(server: string): string {
  const url = URL.parse(server)
  const { origin, protocol, hostname = '' } = url ?? {}
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
  if (!isSafe || origin === undefined)
    throw new CommandError(`"${server}" is not the URL of a server.`, {
      next: 'Name one such as https://auth.example.com; http is for this machine only.',
    })
  const { pathname = '/', search = '', hash = '', username = '', password = '' } = url ?? {}
  if (username !== '' || password !== '')
    throw new CommandError('The URL of the server holds credentials, which would show in logs and lists of processes.', {
      next: 'Set COUNTERSIGN_CLIENT_ID and COUNTERSIGN_CLIENT_SECRET instead.',
    })
  if (pathname + search + hash !== '/')
    throw new CommandError(`The server is named by its origin; "${pathname + search + hash}" in "${server}" would not be used.`, {
      next: `Write "${origin}": the paths of the admin API and of the operators' token endpoint are below it, always the same.`,
    })
  return origin
}
