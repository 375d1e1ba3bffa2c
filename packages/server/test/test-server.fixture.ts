// A server for tests: everything real, the store in a temporary folder, a manual clock, no listener. It stops by itself and fails
// the test if the server logged an error that the test did not expect.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { InjectOptions } from 'fastify'
import type { OperationInput, OperationName, OperationOutput } from '@countersign/admin'
import { operations } from '@countersign/admin'
import type { Selectable } from 'kysely'
import { parseConfiguration } from '../src/configuration/configuration.ts'
import { injectRequest } from './inject.fixture.ts'
import { createKeyRingFile } from '../src/keys/key-ring.ts'
import { createServer, type CountersignServer } from '../src/server.ts'
import type { Schema } from '../src/store/schema.ts'
import { aTestStore, nodes as nodesOfStore } from './store/test-store.fixture.ts'

/** Files in memory, if the system has a memory file system: a test waits for a commit, but not for a disk. */
const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Removed again when the process ends: a second server of a test, closed after the first one, writes its anchor into the folder. */
const folders: string[] = []
process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** Three of the realms of the seeds, as in examples/<system>/realm.yaml: those whose keys are created fast. */
const ecRealms = `
  nt24-idp:
    issuer: /realms/nt24-idp
    tokenEndpoint: /realms/nt24-idp/protocol/openid-connect/token
    tokenProfile: keycloak
    signingAlgorithm: ES256
    audience: nt24-integration-api
    scopes: [profile, email, orders:read]
    defaultScopes: [profile, email]
    capabilities: { allowMarketplaceLedKyc: flag }
    rateLimitTiers: { standard: { requests: 100, per: 1s } }
    requiredDpaVersion: "2026-01"
    unsupportedGrantError: invalid_grant
  prod:
    issuer: /auth/realms/prod
    tokenEndpoint: /auth/realms/prod/protocol/openid-connect/token
    tokenProfile: keycloak
    signingAlgorithm: ES256
    audience: ptv-api
    multipartRequests: true
    addressProtection: { requestsPerSecond: 50, failedAuthentications: { limit: 5, within: 60s, blockFor: 5m, action: reject } }
  partner-api:
    issuer: /partner-api
    tokenEndpoint: /partner-api/oauth/token
    audience: partner-api
    scopes: [commands]
    defaultScopes: [commands]
`

/** All four realms of the seeds; the RSA key of nxtsoft takes a tenth of a second. */
export const seedRealms = `${ecRealms}
  nxtsoft:
    issuer: /
    tokenEndpoint: /oauth2/token
    tokenProfile: cognito
    signingAlgorithm: RS256
    accessTokenLifetime: 1h
    scopes: [transactions/post]
    defaultScopes: [transactions/post]
`

/** The other tests keep the machine busy; what a request does when the database is slow is tested with servers of their own. Milliseconds. */
const requestWaitsMs = 4000

interface TestServerOptions {
  readonly realms?: string
  readonly settings?: string
  /**
   * Number of nodes that take turns; by default as many as the store allows. 1 for tests of what each node has for itself: the
   * counters of its throttles, its metrics, its log, its sockets.
   */
  readonly nodes?: number
}

/** A server for one test. */
export async function startTestServer(options: TestServerOptions = {}) {
  const { server, close } = await launch(options)
  endAfterTest(close)
  return server
}

/**
 * One server for every test of a suite, where the tests do not see each other: each works on organizations of its own, and looks only
 * at what belongs to them. Its clock goes on from test to test. To be called in a suite; the returned function gives the server in a test.
 */
export function shareTestServer(options: TestServerOptions = {}): () => TestServer {
  let launched: Awaited<ReturnType<typeof launch>> | undefined
  before(async () => {
    launched = await launch(options, { isShared: true })
  })
  after(async () => {
    await launched?.close()
    launched = undefined
  })
  return () => launched!.server
}

export type TestServer = Awaited<ReturnType<typeof launch>>['server']

async function launch({ realms = ecRealms, settings = '', nodes = nodesOfStore }: TestServerOptions, { isShared = false } = {}) {
  const folder = mkdtempSync(join(memory, 'countersign-test-'))
  folders.push(folder)
  createKeyRingFile(join(folder, 'pepper'))
  createKeyRingFile(join(folder, 'kek'))
  createKeyRingFile(join(folder, 'audit-key'))
  /** A separate connection to its database, to inspect what is stored, and to break it. */
  const database = await aTestStore(join(folder, 'store.db'))
  const text = `listen: 127.0.0.1:0\nstore: ${database.location}\nsecretPepper: file:pepper\nkeyEncryptionKey: file:kek\nauditKey: file:audit-key\n${settings}\nrealms:${realms}`
  const log: string[] = []
  const clock = createManualClock()
  const configuration = parseConfiguration(text, folder)
  const servers: CountersignServer[] = []
  for (let node = 0; node < nodes; node++) {
    servers.push(
      await createServer({
        configuration,
        clock: clock.now,
        requestWaitsMs,
        logStream: { write: (lines) => void log.push(...lines.match(/.+\n/g)!) },
      }),
    )
  }
  const server = servers[0]!
  const operator = await server.createOperator()
  let requests = 0
  let expectsErrors = false

  async function close(): Promise<void> {
    await Promise.all(servers.map((one) => one.close()))
    await database.close()
    rmSync(folder, { recursive: true })
    const errors = log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)
    if (!expectsErrors) assert.deepEqual(errors, [], 'the server logged an unexpected error')
  }

  /** With several nodes, the next one answers the next request. */
  async function request(options: InjectOptions) {
    const node = servers[requests++ % nodes]!
    // Changes of other nodes arrive by themselves a moment later; nodes/changes-of-others.test.ts measures that moment.
    if (nodes > 1) await node.pull().catch(() => {})
    return injectRequest(node.app, options)
  }

  /** Sends a form to the token endpoint of a realm. */
  async function requestToken(realm: string, parameters: Record<string, string> | string, headers: Record<string, string> = {}) {
    return postForm(server.realms.get(realm)!.tokenPath, parameters, headers)
  }

  async function postForm(url: string, parameters: Record<string, string> | string, headers: Record<string, string> = {}) {
    const payload = typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString()
    return request({ method: 'POST', url, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, payload })
  }

  /** Gets a valid token for a client from the token endpoint. */
  async function tokenOf(realm: string, credentials: Credentials): Promise<string> {
    const response = await requestToken(realm, tokenRequest(credentials))
    assert.equal(response.statusCode, 200, response.body)
    return response.json<{ access_token: string }>().access_token
  }

  /** Calls an operation of the admin API, as the operator or as another client of the operators' realm. */
  async function requestAdmin<Name extends OperationName>(name: Name, input: OperationInput<Name>, credentials: Credentials = operator) {
    const { method, path } = operations[name]
    const { params, query, body } = input as { params: Record<string, string>; query?: Record<string, string>; body?: object }
    return request({
      method,
      url: path.replace(/\{(\w+)\}/g, (_, member: string) => encodeURIComponent(params[member] ?? '')),
      headers: { authorization: `Bearer ${await tokenOf('operators', credentials)}`, ...(method === 'PATCH' && { 'if-match': '*' }) },
      ...(query && { query }),
      ...(body && { payload: body }),
    })
  }

  /** Calls an operation that must succeed; once more if a database on a busy machine did not answer in time. */
  async function admin<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>> {
    const first = await requestAdmin(name, input)
    const response = first.statusCode === 503 ? await requestAdmin(name, input) : first
    assert.ok(response.statusCode < 300, response.body)
    return response.json<OperationOutput<Name>>()
  }

  let organizations = 0
  /** The slug of an organization that no test names: with one server for several tests, each call gets another one. */
  const nextSlug = () => (isShared ? `acme-${++organizations}` : 'acme')

  /** Creates an organization with one client. */
  async function aClient(
    realm: string,
    { slug = nextSlug(), ...client }: { slug?: string } & Partial<OperationInput<'clients.create'>['body']> = {},
  ) {
    const organization = await admin('organizations.create', { params: { realm }, body: { slug, name: slug } })
    const created = await admin('clients.create', { params: { realm }, body: { organization: slug, name: `${slug} backend`, ...client } })
    assert.ok(created.clientSecret !== null)
    return { clientId: created.client.clientId, clientSecret: created.clientSecret, organizationId: organization.id, slug }
  }

  /** The events of clients so far, and the denials. A token is issued after all earlier events are on disk. */
  async function auditEvents() {
    for (let node = 0; node < nodes; node++) await tokenOf('operators', operator)
    const byClients = `realm is distinct from 'operators' and detail not like '%"by":{"realm":"operators"%'`
    return database.query<Selectable<Schema['audit_events']>>(`select * from audit_events where ${byClients} order by id`)
  }

  /** Makes audit events unwritable: neither the table nor the spool folder exists. The returned function restores both. */
  async function hideAuditPlaces(): Promise<() => Promise<void>> {
    const spool = join(folder, '.countersign', 'audit-spool')
    const hasSpool = existsSync(spool)
    if (hasSpool) {
      renameSync(spool, `${spool}-hidden`)
      writeFileSync(spool, 'no folder')
    }
    await database.query('alter table audit_events rename to hidden_events')
    return async () => {
      await database.query('alter table hidden_events rename to audit_events')
      if (!hasSpool) return
      rmSync(spool)
      renameSync(`${spool}-hidden`, spool)
    }
  }

  /** Listens on a port of this machine, for tests that need a real connection. */
  async function listen(): Promise<URL> {
    return new URL(await server.app.listen({ host: '127.0.0.1', port: 0 }))
  }

  /** Starts all listeners, like "countersign serve"; the ports are in the configuration or 0. */
  async function listenEverywhere(): Promise<{ readonly public: URL; readonly operations: URL }> {
    await server.listen()
    const { port } = server.app.server.address() as AddressInfo
    return { public: new URL(`http://127.0.0.1:${port}`), operations: new URL(`http://127.0.0.1:${server.operationsPort() ?? 0}`) }
  }

  const testServer = {
    app: server.app,
    shutDown: server.shutDown,
    stop: server.close,
    reload: async () => void (await Promise.all(servers.map((one) => one.reload()))),
    realms: server.realms,
    operator,
    createOperator: server.createOperator,
    createConsoleLink: server.createConsoleLink,
    /** Background work, on every node. */
    upkeep: {
      writeUsage: async () => void (await Promise.all(servers.map(({ upkeep }) => upkeep.writeUsage()))),
      writeRefusals: async () => void (await Promise.all(servers.map(({ upkeep }) => upkeep.writeRefusals()))),
      maintain: async () => void (await Promise.all(servers.map(({ upkeep }) => upkeep.maintain()))),
      compareKeyRings: async () => void (await Promise.all(servers.map(({ upkeep }) => upkeep.compareKeyRings()))),
      sealAudit: async () => void (await Promise.all(servers.map(({ upkeep }) => upkeep.sealAudit()))),
      /** Without pauses; every node tries, and one does it. */
      retainAudit: async () => void (await Promise.all(servers.map(({ upkeep }) => upkeep.retainAudit({ pauses: 0 })))),
      announce: async () => void (await Promise.all(servers.map(({ upkeep }) => upkeep.announce()))),
      rotateKeys: async () => void (await Promise.all(servers.map(({ upkeep }) => upkeep.rotateKeys()))),
    },
    recordRestore: server.recordRestore,
    removeNames: server.removeNames,
    lowerOperatorCuts: server.lowerOperatorCuts,
    applyChange: server.applyChange,
    configuration,
    folder,
    clock,
    log,
    database,
    request,
    requestToken,
    postForm,
    tokenOf,
    requestAdmin,
    admin,
    aClient,
    auditEvents,
    hideAuditPlaces,
    listen,
    listenEverywhere,
    expectErrors: () => void (expectsErrors = true),
  }
  return { server: testServer, close }
}

/** node:test keeps its hooks until the process ends: with every server of a file in memory, half of the work is garbage collection. */
function endAfterTest(clean: () => Promise<void>): void {
  let left: (() => Promise<void>) | undefined = clean
  after(async () => {
    const run = left
    left = undefined
    await run?.()
  })
}

/**
 * For tests whose subject does not depend on the store: requests rejected before any lookup, pages, TLS. `npm test` runs a file
 * that starts only such servers once, on SQLite, and every other file on every store.
 */
export function startTestServerOnAnyStore(options?: TestServerOptions) {
  return startTestServer(options)
}

/** Like {@link startTestServerOnAnyStore}, for the tests of a suite. */
export function shareTestServerOnAnyStore(options?: TestServerOptions): () => TestServer {
  return shareTestServer(options)
}

interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** Asks again while a node that other work of the machine held up refuses, because it does not know what changed meanwhile. */
export async function untilAnswered<Answer extends { readonly statusCode: number }>(ask: () => Promise<Answer>): Promise<Answer> {
  let answer = await ask()
  for (let attempt = 1; answer.statusCode === 503 && attempt < 20; attempt++) {
    await delay(100)
    answer = await ask()
  }
  return answer
}

/** The parameters of a valid token request with the credentials in the body. */
export function tokenRequest({ clientId, clientSecret }: Credentials): Record<string, string> {
  return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
}

export function createManualClock() {
  let now = Date.UTC(2026, 0, 15, 12)
  return {
    now: () => now,
    advance: (milliseconds: number) => void (now += milliseconds),
  }
}
