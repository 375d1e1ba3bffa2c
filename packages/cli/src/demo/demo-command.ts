// countersign demo: what `npm start` runs in a clone.
import { Command } from 'commander'
import type { RunningDemo } from './start-demo.ts'
import { demoStateFile, type DemoState, type DemoSystem } from '../home.ts'
import { CommandError, printResult } from '../output.ts'
import { demoName, isClone, ownName } from '../own-name.ts'
import { catchReloadSignal, outliveOutput, stopOnSignal } from '../serve.ts'

export function demoCommand(): Command {
  return new Command('demo')
    .description('Start the server and the sample APIs of four systems, with clients to try them')
    .option('--port <port>', 'port of the server; the sample APIs use the next one', process.env['PORT'] ?? '8080')
    .option(
      '--token-lifetime <duration>',
      'lifetime of all tokens, for example 5s, to watch renewals',
      process.env['COUNTERSIGN_TOKEN_LIFETIME'],
    )
    .option('--json', 'print the state file instead of text')
    .addHelpText(
      'after',
      '\nThe state is kept in .countersign/demo and .countersign/demo.json, or below COUNTERSIGN_HOME. Remove these two to start over with\nnew secrets.\n\nExamples:\n  PORT=9000 countersign demo\n  countersign demo --token-lifetime 5s',
    )
    .action(async ({ port, tokenLifetime, json }: { port: string; tokenLifetime?: string; json?: boolean }) => {
      if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_534)
        throw new CommandError(`"${port}" is not a port from 1 to 65534.`, { next: `Use for example "PORT=9000 ${demoName}".` })
      const onReload = catchReloadSignal()
      outliveOutput()
      const { startDemo } = await import('./start-demo.ts')
      const demo = await startDemo({ port: Number(port), tokenLifetime, makeRefusals: true, onProgress: (line) => console.error(line) })
      stopOnSignal(() => demo.close())
      onReload(() => demo.reload())
      printResult(json, demo.state, (state) => describe(state, demo))
    })
}

function describe(
  { serverUrl, apiUrl, systems, operator }: DemoState,
  { consoleLink, portalLink }: Pick<RunningDemo, 'consoleLink' | 'portalLink'>,
): string {
  return `
Countersign is running: the server on ${serverUrl}, the sample APIs of four systems on ${apiUrl}.
Clients, secrets and URLs are in ${demoStateFile()}.

Console  ${consoleLink}  (signs you in once, 10 minutes)
Portal   ${portalLink}  (as Acme's order backend, 10 minutes)
A page that asks for the secret again, after 15 minutes: of ${operator.clientId} it is "operator.clientSecret" in that file, of
Acme's backend "systems.novatrade24.clients.acme.clientSecret".

Request a token, in the form that the documentation of each system shows. Paste any of these:

${Object.entries(systems)
  .map(([name, system]) => `# ${name}\n${tokenCommandOf(name, system)}`)
  .join('\n\n')}
${keyCommandOf(systems)}
Then try, in another terminal:
${nextSteps(serverUrl, apiUrl).map(describeStep).join('\n')}

Ctrl-C stops it. The clients and their secrets are kept for the next start.`
}

type Step = readonly [command: string, meaning: string]

function nextSteps(serverUrl: string, apiUrl: string): Step[] {
  return [
    [`${ownName} token get novatrade24/acme --decode`, 'claims of a token'],
    [`${ownName} token get novatrade24/harbor --scope stock:read --decode`, 'a token for the second API of novatrade24'],
    ...(isClone ? stepsOfClone : stepsElsewhere(apiUrl)),
    [`${serverUrl}/problems`, 'every error, its causes and remedies'],
  ]
}

const stepsOfClone: readonly Step[] = [
  ['npm run consumer -- novatrade24 acme', 'a backend that calls an API'],
  ['npm run consumer -- partner-api acme-key', 'one that authenticates by a key'],
  ['npm run troubleshoot', 'the common errors of novatrade24, each with its remedy'],
]

function stepsElsewhere(apiUrl: string): Step[] {
  const call = `curl -s ${apiUrl}/novatrade24/v1/me`
  return [
    [`${call} -H "Authorization: Bearer $(${ownName} token get novatrade24/acme)"`, 'a call of an API'],
    [call, 'a call that is denied; the answer says why'],
  ]
}

function describeStep([command, meaning]: Step): string {
  return command.length < 60 ? `  ${command.padEnd(61)}${meaning}` : `  ${command}\n${' '.repeat(63)}${meaning}`
}

/** The system whose client signs its request, which curl cannot do. */
function keyCommandOf(systems: DemoState['systems']): string {
  const { issuer, keyedClients } = systems['partner-api'] ?? {}
  const client = keyedClients?.['acme']
  if (issuer === undefined || client === undefined) return ''
  const { clientId, keyFile, keyId } = client
  return `
# partner-api, with a private key in place of a secret: the command signs the request
${ownName} token get --issuer ${issuer} --client-id ${clientId} --key '${keyFile}' --key-id ${keyId}
`
}

/** The token request of each system in the form that the document of the system shows. */
function tokenCommandOf(name: string, { tokenUrl, clients }: DemoSystem): string {
  const { clientId, clientSecret } = clients['acme']!
  const form = `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}`
  switch (name) {
    case 'ptv':
      return `curl -s --location '${tokenUrl}' --header 'Authorization: Basic ${btoa(`${clientId}:${clientSecret}`)}' --form 'grant_type="client_credentials"'`
    case 'nxtsoft':
      return `curl -s --request POST --url '${tokenUrl}' --header 'content-type: application/x-www-form-urlencoded' --data grant_type=client_credentials --data client_id=${clientId} --data client_secret=${clientSecret}`
    default:
      return `curl -s '${tokenUrl}' -H 'Content-Type: application/x-www-form-urlencoded' -d '${form}'`
  }
}
