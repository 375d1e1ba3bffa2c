// Runs the consumer of a system against the running demo: `npm run consumer -- novatrade24 acme`. It only sets the environment
// variables that an integrator's deployment would set.
import { explainFailure, giveUp, readDemoState } from './demo-state.ts'

const [systemName = 'novatrade24', clientName = 'acme'] = process.argv.slice(2)
const demo = readDemoState()
const system = demo.systems[systemName]
const keyed = clientName.endsWith('-key') ? system?.keyedClients?.[clientName.slice(0, -'-key'.length)] : undefined
const client = keyed ?? system?.clients[clientName]
if (!system || !client) {
  const known = Object.entries(demo.systems).flatMap(([name, { clients, keyedClients = {} }]) =>
    [...Object.keys(clients), ...Object.keys(keyedClients).map((client) => `${client}-key`)].map((client) => `${name} ${client}`),
  )
  giveUp(`The demo has no client "${systemName} ${clientName}". Use one of:\n  ${known.join('\n  ')}`)
}

Object.assign(process.env, {
  TOKEN_URL: system.tokenUrl,
  API_URL: system.apiUrl,
  CLIENT_ID: client.clientId,
  ...('keyFile' in client
    ? { CLIENT_KEY_FILE: client.keyFile, CLIENT_KEY_ID: client.keyId, ISSUER: system.issuer }
    : { CLIENT_SECRET: client.clientSecret }),
  ...(system.requestors && { REQUESTOR_ID: system.requestors['ada']?.id }),
})
await import(`./${systemName}/consumer.ts`).catch((error: unknown) => explainFailure(error, demo))
