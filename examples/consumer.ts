// Runs the consumer of a system against the running demo: `npm run consumer -- novatrade24 acme`. It only puts into the
// environment what an integrator's deployment would have there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const [systemName = 'novatrade24', clientName = 'acme'] = process.argv.slice(2)
const stateFile = join(process.env['COUNTERSIGN_HOME'] ?? '.countersign', 'demo.json')
const { systems } = JSON.parse(readState()) as { systems: Record<string, System> }
const system = systems[systemName]
const client = system?.clients[clientName]
if (!system || !client) {
  const known = Object.entries(systems).flatMap(([name, { clients }]) => Object.keys(clients).map((client) => `${name} ${client}`))
  console.error(`The demo has no client "${systemName} ${clientName}". Use one of:\n  ${known.join('\n  ')}`)
  process.exit(1)
}

Object.assign(process.env, {
  TOKEN_URL: system.tokenUrl,
  API_URL: system.apiUrl,
  CLIENT_ID: client.clientId,
  CLIENT_SECRET: client.clientSecret,
  ...(system.requestors && { REQUESTOR_ID: system.requestors['ada']?.id }),
})
await import(`./${systemName}/consumer.ts`)

interface System {
  readonly tokenUrl: string
  readonly apiUrl: string
  readonly clients: Record<string, { readonly clientId: string; readonly clientSecret: string }>
  readonly requestors?: Record<string, { readonly id: string }>
}

function readState(): string {
  try {
    return readFileSync(stateFile, 'utf8')
  } catch {
    console.error(`There is no demo in "${stateFile}". Start it in another terminal with "npm start".`)
    process.exit(1)
  }
}
