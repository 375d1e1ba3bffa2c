// countersign token: requests a token from the terminal, to call an API or to decode it.
import { Command } from 'commander'
import { createTokenProvider, type TokenProvider, type TokenProviderOptions } from '@countersign/client'
import { CommandError, printResult } from './output.ts'
import { findCredentials, type CredentialOptions } from './token-credentials.ts'
import { addPreviewCommand } from './token-preview.ts'

type TokenOptions = CredentialOptions & {
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
    .option('--key <file>', 'alternatively, file with the private key of the client, PEM or JWK, "-" for standard input')
    .option('--key-id <id>', 'id under which the server knows the key; by default that of the JWK')
    .option(
      '--key-algorithm <name>',
      'algorithm that the key is registered for, such as PS256; by default that of the curve, otherwise RS256',
    )
    .option('--key-audience <issuer>', 'issuer that the signed assertion is for; necessary with --key and --token-url')
    .option('--scope <scopes>', 'scopes to request, separated by spaces')
    .option('--resource <audience>', 'API that the token is for, where the client has several (RFC 8707)')
    .option('--decode', 'print the header and the claims of the token instead; the signature is not checked')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  countersign token get novatrade24/acme --decode\n  countersign token get --issuer https://auth.example.com/realms/nt24-idp --client-id api-client-acme --client-secret-file ./secret\n  countersign token get --issuer https://auth.example.com/realms/nt24-idp --client-id api-client-acme --key ./acme.pem --key-id acme-2026',
    )
    .action(async (demoClient: string | undefined, options: TokenOptions) => {
      const credentials = findCredentials(demoClient, options)
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
