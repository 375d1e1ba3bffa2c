// Who requests a token from the terminal: a client of the demo, or the one that options and environment name, with a secret or a key.
import { readFileSync } from 'node:fs'
import type { PrivateKeyJwt, TokenProviderOptions } from '@countersign/client'
import { openClientKey } from './private-key-file.ts'
import { demoStateFile, findDemoState } from './home.ts'
import { CommandError } from './output.ts'
import { demoName } from './own-name.ts'
import { refuseDamaged, refuseOpenFile, secretOfEnvironment } from './secret-file.ts'

export interface CredentialOptions {
  readonly tokenUrl?: string
  readonly issuer?: string
  readonly clientId?: string
  readonly clientSecretFile?: string
  readonly key?: string
  readonly keyId?: string
  readonly keyAlgorithm?: string
  readonly keyAudience?: string
}

/** @throws CommandError for anything but exactly one client with exactly one secret or key */
export function findCredentials(demoClient: string | undefined, options: CredentialOptions): TokenProviderOptions {
  refuseKeyOptions(demoClient, options)
  return demoClient === undefined ? readCredentials(options) : findDemoCredentials(demoClient)
}

function findDemoCredentials(name: string): TokenProviderOptions {
  const demo = findDemoState()
  if (!demo)
    throw new CommandError(`"${name}" is a client of the demo, but there is no demo in "${demoStateFile()}".`, {
      next: `Start the demo with "${demoName}" in another terminal, or pass --token-url and --client-id.`,
    })
  const [systemName = '', clientName = ''] = name.split('/')
  const system = demo.systems[systemName]
  const keyed = system?.keyedClients?.[clientName.replace(/-key$/, '')]
  if (system && keyed && clientName.endsWith('-key')) {
    const { clientId, keyFile: file, keyId } = keyed
    return { tokenUrl: system.tokenUrl, clientId, clientAuth: openClientKey({ file, keyId, audience: system.issuer }) }
  }
  const client = system?.clients[clientName]
  if (!system || !client) {
    const known = Object.entries(demo.systems).flatMap(([systemName, { clients, keyedClients = {} }]) =>
      [...Object.keys(clients), ...Object.keys(keyedClients).map((client) => `${client}-key`)].map((client) => `${systemName}/${client}`),
    )
    throw new CommandError(`The demo has no client "${name}".`, { reason: 'notFound', next: `Use one of ${known.join(', ')}.` })
  }
  return { tokenUrl: system.tokenUrl, clientId: client.clientId, clientSecret: client.clientSecret }
}

function readCredentials(options: CredentialOptions): TokenProviderOptions {
  const { tokenUrl, issuer, clientId: given, clientSecretFile, key } = options
  const clientId = given ?? process.env['COUNTERSIGN_CLIENT_ID']
  if (clientId === undefined || (tokenUrl === undefined) === (issuer === undefined)) {
    throw new CommandError('No client is given, or not exactly one of --token-url and --issuer.', {
      next: 'Pass a client of the demo (novatrade24/acme), or --client-id and one of --token-url and --issuer.',
    })
  }
  refuseDamaged(given !== undefined ? '--client-id' : 'COUNTERSIGN_CLIENT_ID', clientId)
  const server = tokenUrl === undefined ? { issuer: issuer ?? '' } : { tokenUrl }
  if (key !== undefined) return { clientId, ...server, clientAuth: readKey(key, options) }
  const clientSecret = clientSecretFile === undefined ? secretOfEnvironment(clientId) : readSecret(clientSecretFile)
  return { clientId, ...server, clientSecret }
}

/** An option without effect would let another client or another key be tried than the one that is meant. */
function refuseKeyOptions(
  demoClient: string | undefined,
  { key, clientSecretFile, keyId, keyAlgorithm, keyAudience }: CredentialOptions,
): void {
  const next = 'Run "countersign token get --help" for the options and examples.'
  if (key === undefined && (keyId ?? keyAlgorithm ?? keyAudience) !== undefined)
    throw new CommandError('--key-id, --key-algorithm and --key-audience are for a key, and none is given.', { next })
  if (key !== undefined && (demoClient ?? clientSecretFile) !== undefined)
    throw new CommandError(`--key and ${demoClient === undefined ? '--client-secret-file' : 'a client of the demo'} are both given.`, {
      next,
    })
}

function readKey(file: string, { tokenUrl, keyId, keyAlgorithm, keyAudience }: CredentialOptions): PrivateKeyJwt {
  if (tokenUrl !== undefined && keyAudience === undefined)
    throw new CommandError('With --token-url, the issuer that the signed assertion is for is not known.', {
      next: 'Pass --issuer in place of --token-url, or the issuer of the server as --key-audience.',
    })
  return openClientKey({ file, keyId, algorithm: keyAlgorithm, audience: keyAudience })
}

function readSecret(file: string): string {
  if (file !== '-') refuseOpenFile(file)
  const secret = readFileSync(file === '-' ? 0 : file, 'utf8').trim()
  if (secret === '')
    throw new CommandError(`"${file}" contains no secret.`, { reason: 'local', next: 'Write the secret, and nothing else, to the file.' })
  refuseDamaged(file === '-' ? 'The secret on standard input' : `The secret in "${file}"`, secret, file === '-' ? 'usage' : 'local')
  return secret
}
