// countersign token: requests a token from the terminal, to call an API or to decode it.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { createTokenProvider, type TokenProvider, type TokenProviderOptions } from '@countersign/client'
import { demoStateFile, findDemoState } from './home.ts'
import { CommandError, printResult } from './output.ts'
import { refuseDamaged, refuseOpenFile, secretOfEnvironment } from './secret-file.ts'
import { addPreviewCommand } from './token-preview.ts'

interface TokenOptions {
  readonly tokenUrl?: string
  readonly issuer?: string
  readonly clientId?: string
  readonly clientSecretFile?: string
  readonly scope?: string
  readonly resource?: string
  readonly decode?: boolean
  readonly json?: boolean
}

export function tokenCommand(): Command {
  const command = new Command('token')
    .description('Get a token, or show the one that a client would get')
    .addHelpText('after', '\nExample:\n  countersign token get novatrade24/acme --decode')

  command
    .command('get')
    .description('Request an access token with client credentials and print it')
    .argument('[demo-client]', 'client of the demo, for example novatrade24/acme')
    .option('--token-url <url>', 'URL of the token endpoint')
    .option('--issuer <url>', 'alternatively, URL of the issuer; the token endpoint is then discovered')
    .option('--client-id <id>', 'client id; COUNTERSIGN_CLIENT_ID by default')
    .option('--client-secret-file <file>', 'file with the client secret, "-" for standard input; COUNTERSIGN_CLIENT_SECRET by default')
    .option('--scope <scopes>', 'scopes to request, separated by spaces')
    .option('--resource <audience>', 'API that the token is for, where the client has several (RFC 8707)')
    .option('--decode', 'print the header and the claims of the token instead; the signature is not checked')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  countersign token get novatrade24/acme --decode\n  countersign token get --issuer https://auth.example.com/realms/nt24-idp --client-id api-client-acme --client-secret-file ./secret',
    )
    .action(async (demoClient: string | undefined, options: TokenOptions) => {
      const credentials = demoClient === undefined ? readCredentials(options) : findDemoCredentials(demoClient)
      const { scope, resource } = options
      const tokens = openTokenProvider({
        ...credentials,
        ...(scope !== undefined && { scope }),
        ...(resource !== undefined && { resource }),
      })
      const token = await tokens.getToken()
      const { expiresInSeconds, grantedScope } = tokens.status()
      if (options.decode) printResult(true, decode(token), String)
      else printResult(options.json, { access_token: token, expires_in: expiresInSeconds, scope: grantedScope }, () => token)
    })

  addPreviewCommand(command)
  return command
}

function findDemoCredentials(name: string) {
  const demo = findDemoState()
  if (!demo)
    throw new CommandError(`"${name}" is a client of the demo, but there is no demo in "${demoStateFile()}".`, {
      next: 'Start the demo with "npm start" in another terminal, or pass --token-url and --client-id.',
    })
  const [systemName = '', clientName = ''] = name.split('/')
  const system = demo.systems[systemName]
  const client = system?.clients[clientName]
  if (!system || !client) {
    const known = Object.entries(demo.systems).flatMap(([systemName, { clients }]) =>
      Object.keys(clients).map((client) => `${systemName}/${client}`),
    )
    throw new CommandError(`The demo has no client "${name}".`, { reason: 'notFound', next: `Use one of ${known.join(', ')}.` })
  }
  return { tokenUrl: system.tokenUrl, clientId: client.clientId, clientSecret: client.clientSecret }
}

function readCredentials({ tokenUrl, issuer, clientId: given, clientSecretFile }: TokenOptions) {
  const clientId = given ?? process.env['COUNTERSIGN_CLIENT_ID']
  if (clientId === undefined || (tokenUrl === undefined) === (issuer === undefined)) {
    throw new CommandError('No client is given, or not exactly one of --token-url and --issuer.', {
      next: 'Pass a client of the demo (novatrade24/acme), or --client-id and one of --token-url and --issuer.',
    })
  }
  refuseDamaged(given !== undefined ? '--client-id' : 'COUNTERSIGN_CLIENT_ID', clientId)
  const clientSecret = clientSecretFile === undefined ? secretOfEnvironment(clientId) : readSecret(clientSecretFile)
  return { clientId, clientSecret, ...(tokenUrl === undefined ? { issuer: issuer ?? '' } : { tokenUrl }) }
}

function readSecret(file: string): string {
  if (file !== '-') refuseOpenFile(file)
  const secret = readFileSync(file === '-' ? 0 : file, 'utf8').trim()
  if (secret === '')
    throw new CommandError(`"${file}" contains no secret.`, { reason: 'local', next: 'Write the secret, and nothing else, to the file.' })
  refuseDamaged(file === '-' ? 'The secret on standard input' : `The secret in "${file}"`, secret, file === '-' ? 'usage' : 'local')
  return secret
}

function openTokenProvider(options: TokenProviderOptions): TokenProvider {
  try {
    return createTokenProvider(options)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new CommandError(cause.message, { next: 'Run "countersign token get --help" for the options and examples.', cause })
  }
}

function decode(token: string): { header: unknown; claims: unknown } {
  try {
    const [header, claims] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown)
    return { header, claims }
  } catch (cause) {
    throw new CommandError('The token is not a JWT and cannot be decoded.', {
      reason: 'other',
      next: 'Run the command without --decode.',
      cause,
    })
  }
}
