// Starts the demo: one real server, the sample APIs guarded over HTTP like any other API, and the state file by which other programs
// find them.
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import type { ExampleSystem, SystemName } from '@countersign/examples'
import {
  createKeyRingFile,
  createServer,
  KeyRingError,
  loadConfiguration,
  refuseStoreInUse,
  StoreError,
  type CountersignServer,
} from '@countersign/server'
import { demoStateFile, findDemoState, homeDirectory, type DemoState, type DemoSystem } from '../home.ts'
import { CommandError } from '../output.ts'
import { demoName } from '../own-name.ts'
import { answer, answerWithProblems, mountSamplePages } from './sample-pages.ts'
import { seedDemo, type DemoUrls } from './seed-demo.ts'
import { seedRealRefusals } from './seed-real-refusals.ts'

export interface DemoOptions {
  /** The port of the server; the sample APIs get the next one. */
  readonly port: number
  /** Overrides the access token lifetime of every realm, for example "5s". */
  readonly tokenLifetime?: string | undefined
  /** Realms besides those of the four systems, as in the configuration file. */
  readonly furtherRealms?: string
  /** The setting `console`, on one line; "{}" by default. */
  readonly console?: string
  /** Whether a new demo calls its APIs in ways that are refused, so that the console has something to explain. */
  readonly makeRefusals?: boolean
  readonly onProgress?: (line: string) => void
}

export interface RunningDemo {
  readonly state: DemoState
  /** Signs its operator in to the console, once and within ten minutes. */
  readonly consoleLink: string
  /** Signs the client of Acme in novatrade24 in to the portal, likewise. */
  readonly portalLink: string
  reload(): void
  close(): Promise<void>
}

type Systems = Readonly<Record<SystemName, ExampleSystem>>

export async function startDemo(options: DemoOptions): Promise<RunningDemo> {
  const { port, tokenLifetime, furtherRealms = '', console = '{}', makeRefusals = false, onProgress = () => {} } = options
  const { exampleSystems: systems } = await import('@countersign/examples')
  const folder = join(homeDirectory(), 'demo')
  const hasStore = existsSync(join(folder, 'countersign.db'))
  if (hasStore) refuseRunningDemo(folder)
  const kept = hasStore ? findDemoState() : undefined
  if (!kept) prepareFolder(folder, onProgress)
  // A demo folder of an older version has no audit key; create it.
  if (!existsSync(join(folder, 'audit-key'))) createKeyRingFile(join(folder, 'audit-key'))

  const configurationFile = join(folder, 'countersign.yaml')
  writeFileSync(configurationFile, writeConfiguration(systems, { port, tokenLifetime, furtherRealms, console }))
  const server = await openServer(configurationFile, folder)
  try {
    await server.listen()
    const urls = { ...urlsOf(systems, server, port), keyFile: join(folder, 'acme-key.pem') }
    const state = kept ? withUrls(kept, urls) : await seedDemo(server, urls, onProgress)
    const apis = await serveSampleApis(systems, state, port + 1)
    if (makeRefusals && !kept) await seedRealRefusals(state)
    writeState(state)
    return {
      state,
      consoleLink: server.createConsoleLink(state.operator.clientId),
      portalLink: server.createPortalLink({
        realm: systems.novatrade24.realm,
        clientId: state.systems['novatrade24']!.clients['acme']!.clientId,
      }),
      reload: () => server.reload(),
      async close() {
        await apis.close()
        await server.close()
      },
    }
  } catch (error) {
    await server.close()
    throw error
  }
}

/** Runs before anything is written: a running demo with this state would lose it. */
function refuseRunningDemo(folder: string): void {
  try {
    refuseStoreInUse(join(folder, 'countersign.db'))
  } catch (cause) {
    if ((cause as Error).name !== 'StoreInUseError') throw cause
    const next = `Stop it first, or use another folder and port: "COUNTERSIGN_HOME=.countersign-2 PORT=9000 ${demoName}".`
    throw new CommandError(`A demo is already running with its state in "${homeDirectory()}".`, { reason: 'conflict', next, cause })
  }
}

/** Recreates a folder without a state file: its secrets were only in that file, so the folder is useless. */
function prepareFolder(folder: string, onProgress: (line: string) => void): void {
  onProgress(`Creating the state of the demo in ${homeDirectory()} ...`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  createKeyRingFile(join(folder, 'pepper'))
  createKeyRingFile(join(folder, 'key-encryption-key'))
}

async function openServer(configurationFile: string, folder: string): Promise<CountersignServer> {
  try {
    return await createServer({ configuration: loadConfiguration(configurationFile) })
  } catch (cause) {
    if (!(cause instanceof StoreError || cause instanceof KeyRingError)) throw cause
    throw new CommandError(cause.message, {
      reason: 'local',
      next: `Remove "${folder}" and start the demo again; it creates new secrets.`,
      cause,
    })
  }
}

type WrittenOptions = Required<Pick<DemoOptions, 'port' | 'furtherRealms' | 'console'>> & Pick<DemoOptions, 'tokenLifetime'>

function writeConfiguration(systems: Systems, { port, tokenLifetime, furtherRealms, console }: WrittenOptions): string {
  const realms = Object.values(systems)
    .map(({ realmYaml }) => (tokenLifetime === undefined ? realmYaml : withLifetime(realmYaml, tokenLifetime)))
    .concat(furtherRealms)
    .join('\n')
    .replace(/^(?=.)/gm, '  ')
  return `# Written by "countersign demo" at each start, from the realm.yaml files of the examples. Copy it to change it.
listen: 127.0.0.1:${port}
publicUrl: http://localhost:${port}
store: sqlite:countersign.db
secretPepper: file:pepper
keyEncryptionKey: file:key-encryption-key
auditKey: file:audit-key
apiReference: true
console: ${console}
portal: { enabled: true }
logLevel: warn
realms:
${realms}`
}

function withLifetime(realmYaml: string, lifetime: string): string {
  return realmYaml.includes('accessTokenLifetime:')
    ? realmYaml.replace(/accessTokenLifetime: .*/, `accessTokenLifetime: ${JSON.stringify(lifetime)}`)
    : realmYaml
}

function urlsOf(systems: Systems, server: CountersignServer, port: number): Omit<DemoUrls, 'keyFile'> {
  const apiUrl = `http://localhost:${port + 1}`
  const describe = (name: SystemName) => {
    const { realm } = systems[name]
    const { tokenUrl, issuer } = server.realms.get(realm)!
    return { realm, tokenUrl, issuer, apiUrl: `${apiUrl}/${name}` }
  }
  return {
    serverUrl: `http://localhost:${port}`,
    apiUrl,
    operatorTokenUrl: server.realms.get('operators')!.tokenUrl,
    systems: {
      novatrade24: describe('novatrade24'),
      'partner-api': describe('partner-api'),
      ptv: describe('ptv'),
      nxtsoft: describe('nxtsoft'),
    },
  }
}

function withUrls(state: DemoState, urls: DemoUrls): DemoState {
  const { serverUrl, apiUrl, operatorTokenUrl, keyFile } = urls
  const withKeyFile = ({ keyedClients, ...system }: DemoSystem): DemoSystem =>
    keyedClients?.['acme'] ? { ...system, keyedClients: { acme: { ...keyedClients['acme'], keyFile } } } : system
  return {
    serverUrl,
    apiUrl,
    operator: { ...state.operator, tokenUrl: operatorTokenUrl },
    systems: Object.fromEntries(
      Object.entries(urls.systems).map(([name, { tokenUrl, issuer, apiUrl }]) => [
        name,
        { ...withKeyFile(state.systems[name]!), tokenUrl, issuer, apiUrl },
      ]),
    ),
  }
}

async function serveSampleApis(systems: Systems, state: DemoState, port: number): Promise<FastifyInstance> {
  const { serverUrl } = state
  const app = fastify({
    logger: { level: 'warn' },
    genReqId: () => randomUUID(),
    // Else a caller that keeps its connection would keep the demo from stopping for a minute.
    forceCloseConnections: true,
    frameworkErrors: (_error, request, reply) => answer(serverUrl, 'invalid-request')(request, reply),
  })
  answerWithProblems(app, serverUrl)
  // No sample API reads a body, so none is wrong, whatever its type.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null))
  const routes = new Map<string, string[]>(Object.keys(systems).map((name) => [name, []]))
  app.addHook('onRoute', ({ method, url }) => {
    if (method !== 'HEAD') routes.get(url.split('/')[1]!)?.push(`${String(method)} ${url.replace(/:(\w+)/g, '{$1}')}`)
  })
  for (const [name, { api, furtherApis }] of Object.entries(systems)) {
    const { issuer, guard } = state.systems[name]!
    // Server and APIs share one clock here, so that a token is rejected as soon as it expires.
    const options = { issuer, credentials: guard, clockSkewSeconds: 0 }
    await app.register(api, { prefix: `/${name}`, ...options })
    for (const [path, further] of Object.entries(furtherApis)) await app.register(further, { prefix: `/${name}/${path}`, ...options })
  }
  await app.register((scope) => mountSamplePages(scope, state, routes))
  await app.listen({ host: '127.0.0.1', port })
  return app
}

/** Written atomically and readable only by its owner: it contains secrets. */
function writeState(state: DemoState): void {
  const file = demoStateFile()
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
