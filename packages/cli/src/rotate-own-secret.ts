// countersign secret rotate --auto: rotation by the integrator. A client replaces its own secret, authenticated by the old and the new
// one, and keeps it in a file. The command can be killed and run again at any time, also by cron.
import type { Command } from 'commander'
import { rotateSecret, type RotationProgress, type SecretRotationOptions, type SecretRotationResult } from '@countersign/client'
import { CommandError, printResult } from './output.ts'
import { checkSecretFile, readSecretFile, secretOfEnvironment, writeSecretFile } from './secret-file.ts'
import { given, parseDuration } from './values.ts'

export interface RotateOwnSecretOptions {
  readonly auto?: boolean
  readonly saveTo?: string
  readonly tokenUrl?: string
  readonly issuer?: string
  readonly rotationUrl?: string
  readonly clientId?: string
  readonly window?: string
  readonly ifDue?: boolean
  readonly wait?: boolean
  readonly json?: boolean
}

/** The options other than --window and --json, which the operator's command has too. */
export function addOwnRotationOptions(command: Command): Command {
  return command
    .optionsGroup('Options with --auto (a client rotates its own secret):')
    .option(
      '--auto',
      'rotate with the client\'s own secrets: start, store and use the new one, wait until the old one is unused, confirm; not for operators of the realm "operators"',
    )
    .option('--save-to <file>', 'file that contains the secret and receives the new one: one secret per line, the newer first')
    .option('--token-url <url>', 'URL of the token endpoint')
    .option('--issuer <url>', 'alternatively, URL of the issuer; the token endpoint is then discovered')
    .option(
      '--rotation-url <url>',
      'URL of /v1/me/secret-rotation, if it is not below the issuer or the origin of the token endpoint; secrets are sent to it',
    )
    .option('--client-id <id>', 'client id; COUNTERSIGN_CLIENT_ID by default')
    .option('--if-due', 'start only if the server reports that the secret is due; a rotation that this client started is always finished')
    .option('--no-wait', 'exit instead of waiting while the old secret is in use; run the command again later')
    .optionsGroup('Options:')
}

export const ownRotationExample =
  'countersign secret rotate --auto --save-to ./secret --issuer https://auth.example.com/realms/nt24-idp --client-id api-client-acme'

/** Prints progress on standard error and the result on standard output. */
export async function rotateOwnSecret(options: RotateOwnSecretOptions): Promise<void> {
  const { saveTo: file, tokenUrl, issuer, rotationUrl, clientId = process.env['COUNTERSIGN_CLIENT_ID'], wait = true } = options
  if (file === undefined) throw new CommandError('No file is given for the secret.', { next: `Add --save-to FILE: ${ownRotationExample}` })
  if (clientId === undefined || (tokenUrl === undefined) === (issuer === undefined))
    throw new CommandError('No client is given, or not exactly one of --token-url and --issuer.', {
      next: `Pass --client-id and one of --token-url and --issuer: ${ownRotationExample}`,
    })
  const window = given(parseDuration, '--window', options.window)
  // A secret that is not in a file yet comes from the environment; the first save writes the file.
  const first = readSecretFile(file) === undefined ? secretOfFirstRun(clientId, file) : undefined
  checkSecretFile(file)

  const result = await rotate({
    ...(tokenUrl === undefined ? { issuer: issuer ?? '' } : { tokenUrl }),
    ...(rotationUrl !== undefined && { rotationUrl }),
    ...(window !== undefined && { window }),
    clientId,
    clientSecret: () => readSecretFile(file) ?? first ?? '',
    save: (secrets) => writeSecretFile(file, secrets),
    onlyIfDue: options.ifDue ?? false,
    wait,
    onProgress: (progress) => console.error(describeProgress(progress, file)),
  })
  printResult(options.json, { clientId, file, ...result }, (shown) => describeResult(shown, file))
}

function secretOfFirstRun(clientId: string, file: string): string {
  try {
    return secretOfEnvironment(clientId)
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause
    throw new CommandError(`There is no file "${file}", and ${cause.message.replace(/^N/, 'n')}`, {
      next: `Write the current secret of "${clientId}" to that file (mode 600), or set COUNTERSIGN_CLIENT_SECRET for the first run.`,
      cause,
    })
  }
}

async function rotate(options: SecretRotationOptions): Promise<SecretRotationResult> {
  try {
    return await rotateSecret(options)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new CommandError(cause.message, { next: 'Run "countersign secret rotate --help" for the options and examples.', cause })
  }
}

function describeProgress(progress: RotationProgress, file: string): string {
  switch (progress.step) {
    case 'abandoned-rotation-cancelled':
      return 'Cancelled an abandoned rotation of this client: its new secret was never stored or used.'
    case 'stored':
      return `Stored the new secret in "${file}", above the old one.`
    case 'proven':
      return 'Got a token with the new secret.'
    case 'confirmed':
      return 'Confirmed: the old secret has ended.'
    case 'waiting': {
      const { reason, seconds, until, oldSecretLastUsedAt } = progress
      const why =
        reason === 'other-run'
          ? 'a rotation was started only moments ago, perhaps by another run'
          : `the old secret was used ${oldSecretLastUsedAt === null ? 'recently' : `at ${oldSecretLastUsedAt}`}`
      return `Waiting ${seconds} s, until ${until}: ${why}. You can interrupt the command and run it again.`
    }
  }
}

function describeResult({ state, secretId, confirmableAt, windowEndsAt }: SecretRotationResult, file: string): string {
  if (state === 'not-due') return 'Nothing to do: the secret is not due for rotation.'
  if (state === 'rotated') return `Rotated: "${file}" contains the new secret (${secretId}), the only valid one.`
  return (
    `Both secrets are valid; "${file}" contains both, the new one (${secretId}) first.\n` +
    `Next: run the same command again${confirmableAt === null ? '' : ` after ${confirmableAt}`}. It ends the old secret if that is no longer in use.` +
    (windowEndsAt === null ? '' : ` Without that, the old secret expires at ${windowEndsAt}.`)
  )
}
