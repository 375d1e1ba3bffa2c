// countersign token: a token at the terminal, to try an API with or to look into.
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { createTokenProvider } from '@countersign/client'
import { findDemoState } from './home.ts'
import { CommandError, printResult } from './output.ts'

interface TokenOptions {
  readonly tokenUrl?: string
  readonly issuer?: string
  readonly clientId?: string
  readonly clientSecretFile?: string
  readonly scope?: string
  readonly decode?: boolean
  readonly json?: boolean
}

export function tokenCommand(): Command {
  const command = new Command('token').description('Get a token')

  command
    .command('get')
    .description('Print an access token for client credentials')
    .argument('[demo-client]', 'a client of the demo, for example novatrade24/acme')
    .option('--token-url <url>', 'the token endpoint')
    .option('--issuer <url>', 'or the issuer, whose discovery document names the endpoint')
    .option('--client-id <id>', 'the client id')
    .option('--client-secret-file <file>', 'a file with the secret, "-" for standard input; else COUNTERSIGN_CLIENT_SECRET')
    .option('--scope <scopes>', 'the scopes to ask for, separated by spaces')
    .option('--decode', 'print what the token says instead of the token; the signature is not checked')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  countersign token get novatrade24/acme --decode\n  COUNTERSIGN_CLIENT_SECRET=… countersign token get --issuer https://auth.example.com/realms/nt24-idp --client-id api-client-acme',
    )
    .action(async (demoClient: string | undefined, options: TokenOptions) => {
      const credentials = demoClient === undefined ? readCredentials(options) : findDemoCredentials(demoClient)
      const tokens = createTokenProvider({ ...credentials, ...(options.scope !== undefined && { scope: options.scope }) })
      const token = await tokens.getToken()
      if (options.decode) printResult(options.json, decode(token), ({ header, claims }) => JSON.stringify({ header, claims }, null, 2))
      else printResult(options.json, { access_token: token }, () => token)
    })

  return command
}

function findDemoCredentials(name: string) {
  const demo = findDemoState()
  if (!demo)
    throw new CommandError(
      `There is no demo to take "${name}" from. Start it with "countersign demo", or name --token-url and --client-id.`,
    )
  const [systemName = '', clientName = ''] = name.split('/')
  const system = demo.systems[systemName]
  const client = system?.clients[clientName]
  if (!system || !client) {
    const known = Object.entries(demo.systems).flatMap(([systemName, { clients }]) =>
      Object.keys(clients).map((client) => `${systemName}/${client}`),
    )
    throw new CommandError(`The demo has no client "${name}". It has ${known.join(', ')}.`)
  }
  return { tokenUrl: system.tokenUrl, clientId: client.clientId, clientSecret: client.clientSecret }
}

function readCredentials({ tokenUrl, issuer, clientId, clientSecretFile }: TokenOptions) {
  if (clientId === undefined || (tokenUrl === undefined) === (issuer === undefined)) {
    throw new CommandError('Name a client of the demo (novatrade24/acme), or --client-id and one of --token-url and --issuer.')
  }
  const clientSecret =
    clientSecretFile === undefined
      ? process.env['COUNTERSIGN_CLIENT_SECRET']
      : readFileSync(clientSecretFile === '-' ? 0 : clientSecretFile, 'utf8').trim()
  if (clientSecret === undefined || clientSecret === '') {
    throw new CommandError(
      'No secret. Set COUNTERSIGN_CLIENT_SECRET or use --client-secret-file; a secret on the command line would show in the list of processes.',
    )
  }
  return { clientId, clientSecret, ...(tokenUrl === undefined ? { issuer: issuer ?? '' } : { tokenUrl }) }
}

function decode(token: string): { header: unknown; claims: unknown } {
  const [header, claims] = token
    .split('.')
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8').replace(/^$/, 'null') || 'null') as unknown)
  return { header, claims }
}
