// countersign certify: plays what goes wrong in production to a backend that calls an API, and says what the backend does right and wrong.
import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { clientAuthenticationMethodNames, problemUri } from '@countersign/protocol'
import {
  defaultKeyAlgorithm,
  expectFolder,
  expectScenario,
  readAuth,
  readCommand,
  readNames,
  readOnly,
  readTrigger,
  type CertifyOptions,
} from './certify-options.ts'
import { availableIds, certifyBackend, explain, scenarioIds, standardPace, titleOf } from './certify/certify-backend.ts'
import { countResults, describeResult, describeSummary, toJUnit } from './certify/describe-results.ts'
import { BadFinding, CommandError, formatTable, printNote, printResult } from './output.ts'
import { parseCount, parseDuration } from './values.ts'

const help = `
COMMAND gets these variables, with the credentials of a sandbox on this machine:
  TOKEN_URL             the token endpoint
  ISSUER                alternatively, the issuer, for discovery
  API_URL               the API; any path below it is an orders list
  CA_FILE               with --tls, the CA of their certificates in PEM; NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE,
                        DENO_CERT and JAVA_TOOL_OPTIONS have it, too
  CLIENT_ID             the client
  CLIENT_SECRET         its secret
  CLIENT_SECRET_FILE    a file with its secret, which is replaced by a rotation
  PORT                  the port to listen on
With --auth private_key_jwt, in place of the secret; the "aud" of the assertions is the value of ISSUER:
  CLIENT_JWK_FILE       a file with its private key as a JWK, which has "kid" and "alg", and is replaced by a rotation
  CLIENT_KEY_FILE       a file with the same key in PEM (PKCS #8)
  CLIENT_KEY_ID         its "kid"
  CLIENT_KEY_ALGORITHM  its "alg"
It listens on 127.0.0.1:PORT, and each "GET /call" makes it call "GET {API_URL}/v1/orders" once, as it does in production. It answers 200 if the
API did, and 502 or another error if not.

Examples:
  countersign certify -- node server.js
  countersign certify --env TOKEN_URL=OAUTH_TOKEN_URI CLIENT_SECRET=OAUTH_SECRET -- java -jar backend.jar
  countersign certify --tls -- ./backend
  countersign certify --auth private_key_jwt --key-algorithm RS256 -- ./backend
  countersign certify --trigger http://localhost:8080/sync --junit certify.xml -- ./backend
  countersign certify --only rotation --restart-on-rotation -- npm start

The exit code is 0 if all is right, and 1 if something is wrong. "countersign certify --explain SCENARIO" explains one.`

export function certifyCommand(): Command {
  return new Command('certify')
    .summary('Find out what a backend does wrong with tokens')
    .description(
      'Start a backend, in any language, against a sandbox of an issuer and an API, play what goes wrong in production, and report what it does right and wrong, with the remedy. All of it stays on this machine',
    )
    .usage('[options] -- COMMAND [ARGUMENT...]')
    .argument('[command...]', 'program that starts the backend, with its arguments')
    .option('--env <name=yours...>', 'name that the backend has for a variable, such as TOKEN_URL=OAUTH_TOKEN_URI')
    .option('--trigger <url>', 'path, or URL on this machine, that makes the backend call the API; {PORT} in it is the port', '/call')
    .option('--only <id...>', 'scenarios to play; all by default')
    .option('--explain <id>', 'print what a scenario plays and what is to be changed if it is wrong, and play none')
    .option(
      '--auth <method>',
      `method by which the backend authenticates: ${clientAuthenticationMethodNames.join(', ')}; a secret in either way by default`,
    )
    .option('--key-algorithm <name>', `algorithm of the key for private_key_jwt, such as RS256; ${defaultKeyAlgorithm} by default`)
    .option('--tls', 'issuer and API by https, with a CA that is made for the run')
    .option('--list', 'list the scenarios and play none')
    .option('--token-lifetime <duration>', 'lifetime of the tokens of your provider', '5m')
    .option('--start-timeout <duration>', 'time that the backend may take to listen', '30s')
    .option('--parallel <n>', 'number of backends that run at once', '1')
    .option('--restart-on-rotation', 'restart the backend for a new secret, instead of replacing the file')
    .option('--junit <file>', 'file for the results as JUnit XML')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(certify)
}

async function certify(command: readonly string[], options: CertifyOptions): Promise<void> {
  if (options.list)
    return printResult(options.json, listScenarios(), (listed) =>
      formatTable(
        ['ID', 'WHAT IS RIGHT'],
        listed.map(({ id, title }) => [id, title]),
      ),
    )
  if (options.explain !== undefined) {
    expectScenario(options.explain)
    return printResult(options.json, explain(options.explain), describeScenario)
  }
  const [program, ...rest] = readCommand(command)
  expectFolder(options.junit)
  const auth = readAuth(options)
  const tls = options.tls === true
  const results = await interruptible((signal) =>
    certifyBackend({
      command: [program, ...rest],
      names: readNames(options.env ?? []),
      trigger: readTrigger(options),
      startTimeoutMs: 1000 * parseDuration('--start-timeout', options.startTimeout),
      restartOnRotation: options.restartOnRotation === true,
      pace: { ...standardPace, tokenLifetime: parseDuration('--token-lifetime', options.tokenLifetime) },
      parallel: parseCount('--parallel', options.parallel),
      auth,
      tls,
      only: readOnly(options.only ?? [], availableIds({ auth, tls })),
      onResult: (result) => (options.json ? undefined : printResult(false, result, describeResult)),
      signal,
    }).catch((error: NodeJS.ErrnoException) => {
      throw error.syscall?.startsWith('spawn') ? notStarted(program, error) : error
    }),
  )
  if (options.junit !== undefined) writeFileSync(options.junit, toJUnit(results))
  const counts = countResults(results)
  printResult(options.json, { ...counts, scenarios: results }, () => `\n${describeSummary(results)}`)
  if (counts.wrong > 0) throw new BadFinding('The backend does something wrong.', 'other')
}

function describeScenario({ id, title, played, remedy, problem }: ReturnType<typeof explain>): string {
  const page = problem === undefined ? [] : [`The problem: ${problemUri('', problem)} of the authorization server.`]
  return [`${id}: ${title}.`, `Played: ${played}`, `If it is wrong: ${remedy}`, ...page].join('\n\n')
}

function listScenarios(): { readonly id: string; readonly title: string }[] {
  return scenarioIds.map((id) => ({ id, title: titleOf(id) }))
}

/** Ctrl-C does not reach the backend, which is in a process group of its own. */
async function interruptible<Value>(run: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
  const controller = new AbortController()
  const stop = () => controller.abort(new Error('Interrupted'))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
  try {
    return await run(controller.signal)
  } catch (error) {
    if (!controller.signal.aborted) throw error
    printNote('Interrupted; the backend was stopped.')
    return process.exit(130)
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeListener(signal, stop)
  }
}

function notStarted(program: string, cause: NodeJS.ErrnoException): CommandError {
  const reason = cause.code === 'ENOENT' ? 'there is no such program' : `${cause.code}`
  const next = 'Write the program that starts the backend, which is found by PATH or a path from this folder, and its arguments after "--".'
  return new CommandError(`"${program}" cannot be started: ${reason}.`, { next, reason: 'local', cause })
}
