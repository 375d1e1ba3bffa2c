// Servers as operators run them: processes of "countersign serve" on one store, each with its own port, spool and, on PostgreSQL, its
// own connection path to the database.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAdminClient, operatorsTokenPath, type AdminClient } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { createKeyRingFile, createServer, loadConfiguration } from '@countersign/server'
import { lookIntoStore, type StoredPast } from '@countersign/server/look-into-store.fixture'
import { openLine, type Line } from '@countersign/server/store/line.fixture'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { startPostgres, type PostgresServer } from '@countersign/server/store/postgres.fixture'
import { patientAdmin } from '@countersign/server/patient-admin.fixture'

import { clockVariable } from './clock-variable.ts'
import { compiledCommand, cpuSeconds } from './compiled-server.ts'
import type { SettledMemory } from './settled-memory.ts'

export const realm = 'soak'
export const inRealm = { realm } as const
const movableClock = new URL('./movable-clock.ts', import.meta.url).href
const settledMemory = new URL('./settled-memory.ts', import.meta.url).href
const main = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url))

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

export interface Answer {
  /** 0 if there was no response. */
  readonly status: number
  readonly milliseconds: number
  readonly json: Readonly<Record<string, unknown>>
}

export interface ServedNode {
  readonly url: string
  readonly admin: AdminClient
  /** Adds the operator's token. */
  readonly fetchAsOperator: typeof fetch
  readonly line: Line | undefined
  readonly spoolFolder: string
  start(): Promise<void>
  /** By SIGKILL; resolves when the process has ended. */
  kill(): Promise<void>
  /** In an orderly way, which seals its audit events. */
  stop(): Promise<void>
  /** Stops the process in its place, as on a machine that is suspended or swaps. */
  pause(): void
  resume(): void
  /** Moves the clock of the machine, only for this process. */
  setClock(differenceMs: number): void
  requestToken(client: Credentials): Promise<Answer>
  /** With these parameters, whatever they are. */
  postTokenRequest(form: Readonly<Record<string, string>>): Promise<Answer>
  /** A client revokes one of its own tokens. */
  revoke(client: Credentials & { readonly token: string }): Promise<void>
  me(token: string): Promise<Answer>
  isReady(): Promise<boolean>
  /** The number of spool files that wait for the database. */
  spooled(): number
  /** After everything that can be collected was collected; with `measuresMemory` only. */
  memory(): Promise<SettledMemory>
  /** Of its process. */
  cpuSeconds(): number
}

export interface ServedNodes {
  readonly nodes: readonly ServedNode[]
  readonly database: PostgresServer | undefined
  /** Of the store, in the form of the configuration. */
  readonly location: string
  /** The file of the pepper. */
  readonly pepper: string
  /** Of the operators' realm. */
  readonly operator: Credentials
  /** Writes at the first node, with patience: what a measurement sets up. */
  readonly setup: AdminClient
  /** An organization with one client, created at the first node. */
  aClient(slug: string, settings?: { readonly scopes?: string[] }): Promise<Credentials & { readonly slug: string }>
  /** Reads the store. On SQLite no server may run. */
  look(location?: string): Promise<StoredPast>
  /** A configuration file for commands on a store. */
  configurationFor(location: string): string
  close(): Promise<void>
}

export interface ServedNodesOptions {
  readonly store: 'sqlite' | 'postgres'
  readonly count: number
  readonly settings?: string
  /** Additional settings of each realm. */
  readonly realmSettings?: string
  /** The names of the realms; each is at a path of its name. Default: `realm` alone. */
  readonly realms?: readonly string[]
  /** Starts the compiled command, as after installation; the caller has compiled it. */
  readonly isCompiled?: boolean
  readonly measuresMemory?: boolean
  /** A PostgreSQL that the caller closes. Default: one of its own. */
  readonly database?: PostgresServer
  /** The name of the spool folder of a node, or its absolute path; nodes may share one. */
  readonly spoolOf?: (number: number) => string
}

export async function startServedNodes(options: ServedNodesOptions): Promise<ServedNodes> {
  const { store, count, settings = '', realmSettings = '', spoolOf = (number) => `spool-node-${number}` } = options
  const { realms = [realm], isCompiled = false, measuresMemory = false } = options
  const folder = mkdtempSync(join(tmpdir(), 'countersign-soak-'))
  for (const name of ['pepper', 'kek']) createKeyRingFile(join(folder, name))
  const ownDatabase = store === 'postgres' && !options.database ? await startPostgres({ fsync: true }) : undefined
  const database = options.database ?? ownDatabase
  const location = database?.url ?? `sqlite:${join(folder, 'countersign.db')}`
  const operator = await createFirstOperator()
  const nodes: ServedNode[] = []
  const children = new Set<ChildProcess>()
  const killAll = () => children.forEach((child) => child.kill('SIGKILL'))
  process.once('exit', killAll)
  for (let number = 0; number < count; number++) nodes.push(await aNode(number))
  // Whatever had started by a failure would keep this process alive.
  await Promise.all(nodes.map((node) => node.start())).catch(async (error: unknown) => {
    await close()
    throw error
  })

  async function createFirstOperator() {
    const server = await createServer({
      configuration: loadConfiguration(writeConfiguration('setup', location, 0, 'spool-setup')),
      logStream: { write() {} },
    })
    const credentials = await server.createOperator()
    await server.close()
    return credentials
  }

  function writeConfiguration(name: string, storeUrl: string, port: number, spool: string): string {
    const file = join(folder, `${name}.yaml`)
    const text = `
listen: 127.0.0.1:${port}
store: ${storeUrl}
secretPepper: file:pepper
keyEncryptionKey: file:kek
auditSpool: ${spool}
logLevel: silent
${settings}
realms:
${realms.map((name) => `  ${name}: { issuer: /${name}, tokenEndpoint: /${name}/token, audience: api, scopes: [read], defaultScopes: [read], ${realmSettings} }`).join('\n')}
`
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }

  async function aNode(number: number): Promise<ServedNode> {
    const port = await findFreePort()
    const url = `http://127.0.0.1:${port}`
    const line = database && (await openLine(database.url))
    const file = writeConfiguration(`node-${number}`, line?.url ?? location, port, spoolOf(number))
    const spoolFolder = resolve(folder, spoolOf(number))
    const clockFile = join(folder, `clock-${number}`)
    let child: ChildProcess | undefined

    async function ask(path: string, init: RequestInit): Promise<Answer> {
      const start = performance.now()
      try {
        const response = await fetch(url + path, { ...init, signal: AbortSignal.timeout(10_000) })
        const text = await response.text()
        const json = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>
        return { status: response.status, milliseconds: performance.now() - start, json }
      } catch {
        return { status: 0, milliseconds: performance.now() - start, json: {} }
      }
    }
    async function end(signal: NodeJS.Signals): Promise<void> {
      const ending = child
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
      const ended = new Promise((resolve) => ending.once('exit', resolve))
      ending.kill(signal)
      await ended
    }
    const post = (path: string, form: Record<string, string>) => ask(path, { method: 'POST', body: new URLSearchParams(form) })
    const parametersOf = (client: Credentials) => ({ client_id: client.clientId, client_secret: client.clientSecret })
    // Operator tokens are renewed ahead of expiry; each node issues its own.
    const { clientId, clientSecret } = operator
    const tokens = createTokenProvider({ tokenUrl: url + operatorsTokenPath, clientId, clientSecret })
    const fetchAsOperator = withBearer(fetch, tokens, { origins: [url] })
    return {
      url,
      admin: createAdminClient({ serverUrl: url, fetch: fetchAsOperator }),
      fetchAsOperator,
      line,
      spoolFolder,
      async start() {
        const command = isCompiled ? compiledCommand() : ['--conditions=@countersign/source', main]
        const measuring = measuresMemory ? ['--expose-gc', `--import=${settledMemory}`] : []
        const args = ['--disable-warning=ExperimentalWarning', `--import=${movableClock}`, ...measuring, ...command]
        const env = { ...process.env, [clockVariable]: clockFile }
        const stdio = ['ignore', 'pipe', 'inherit', ...(measuresMemory ? ['ipc' as const] : [])] as StdioOptions
        child = spawn(process.execPath, [...args, 'serve', '--config', file], { stdio, env })
        const serving = child
        children.add(serving.once('exit', () => children.delete(serving)))
        await new Promise<void>((resolve, reject) => {
          serving.stdout!.on('data', (bytes: Buffer) => bytes.includes('Serving') && resolve())
          serving.once('exit', (code) => reject(new Error(`"countersign serve" ended with ${code} before it served`)))
        })
      },
      kill: () => end('SIGKILL'),
      stop: () => end('SIGTERM'),
      pause: () => void child?.kill('SIGSTOP'),
      resume: () => void child?.kill('SIGCONT'),
      setClock(differenceMs) {
        writeFileSync(`${clockFile}.part`, String(differenceMs))
        renameSync(`${clockFile}.part`, clockFile)
      },
      requestToken: (client) => post('/soak/token', { grant_type: 'client_credentials', ...parametersOf(client) }),
      postTokenRequest: (form) => post('/soak/token', form),
      async revoke(client) {
        const { status } = await post('/soak/oauth2/revoke', { token: client.token, ...parametersOf(client) })
        if (status !== 200) throw new Error(`The revocation of a token was answered with ${status}`)
      },
      me: (token) => ask('/soak/v1/me', { headers: { authorization: `Bearer ${token}` } }),
      isReady: async () => (await ask('/readyz', {})).status === 200,
      async memory() {
        const answer = once(child!, 'message')
        child!.send('')
        return (await answer)[0] as SettledMemory
      },
      cpuSeconds: () => cpuSeconds(child!),
      spooled: () => (database ? readdirSync(spoolFolder).filter((name) => name.endsWith('.jsonl')).length : 0),
    }
  }

  const setup = patientAdmin(nodes[0]!.admin)
  return {
    nodes,
    database,
    location,
    pepper: join(folder, 'pepper'),
    operator,
    setup,
    async aClient(slug, settings = {}) {
      await setup.call('organizations.create', { params: inRealm, body: { slug, name: slug } })
      const { client, clientSecret } = await setup.call('clients.create', {
        params: inRealm,
        body: { organization: slug, name: slug, ...settings },
      })
      return { slug, clientId: client.clientId, clientSecret: clientSecret! }
    },
    look: (at = location) => lookIntoStore(at, join(folder, 'pepper'), realm),
    configurationFor: (store) => writeConfiguration('command', store, 0, 'spool-command'),
    close,
  }

  async function close(): Promise<void> {
    await Promise.all(nodes.map((node) => node.kill()))
    process.off('exit', killAll)
    for (const { line } of nodes) await line?.close()
    ownDatabase?.thaw()
    await ownDatabase?.close()
    rmSync(folder, { recursive: true })
  }
}
