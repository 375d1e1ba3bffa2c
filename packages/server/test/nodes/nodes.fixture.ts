// Several nodes on one real PostgreSQL, each with its own line to it, with the system clock. They stop by themselves.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createAdminClient, type AdminClient } from '@countersign/admin'
import type { InjectOptions } from 'fastify'
import { Pool } from 'pg'
import type { SigningAlgorithmName } from '@countersign/protocol'
import { verifyEvents } from '../../src/audit/verify/verify-events.ts'
import type { Clock } from '../../src/clock.ts'
import { parseConfiguration } from '../../src/configuration/configuration.ts'
import { injectRequest } from '../inject.fixture.ts'
import { patientAdmin } from '../patient-admin.fixture.ts'
import { createKeyRingFile } from '../../src/keys/key-ring.ts'
import { readKeyRing } from '../../src/keys/read-key-ring.ts'
import { createServer, type CountersignServer } from '../../src/server.ts'
import { fillStore } from '../store/fill-store.fixture.ts'
import { openLine, type Line } from '../store/line.fixture.ts'
import { aPostgresDatabase } from '../store/postgres.fixture.ts'
import { eventually } from '../store/processes.fixture.ts'
import { openStore } from '../../src/store/store.ts'
import { tokenRequest } from '../test-server.fixture.ts'

const realmName = 'prod'

export interface Node {
  readonly server: CountersignServer
  readonly line: Line
  readonly admin: AdminClient
  requestToken(client: Credentials): Promise<Answer>
  /** Revokes the token of a client in its own name. */
  revoke(client: Credentials & { readonly token: string }): Promise<void>
  /** Requests `GET /v1/me` with a token. */
  me(token: string): Promise<Answer>
}

interface Answer {
  readonly status: number
  readonly milliseconds: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly json: Record<string, unknown>
}

export interface Credentials {
  readonly clientId: string
  readonly clientSecret: string
}

interface NodesOptions {
  readonly settings?: string
  /** More settings of the realm, by the number of the node. */
  readonly ofRealm?: (node: number) => string
  readonly listen?: string
  /** A separate server, for tests that break it. */
  readonly database?: string
  readonly clockOf?: (node: number) => Clock
  readonly systemClockOf?: (node: number) => Clock
}

export async function startNodes(
  t: TestContext,
  count: number,
  { settings = '', ofRealm = () => '', listen = '127.0.0.1:0', database, clockOf, systemClockOf = clockOf }: NodesOptions = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-nodes-'))
  createKeyRingFile(join(folder, 'pepper'))
  createKeyRingFile(join(folder, 'kek'))
  const closing: (() => unknown)[] = []
  const url = database ?? (await aPostgresDatabase({ after: (drop) => void closing.push(drop) }, { isMigrated: true }))
  const log: string[] = []
  const nodes: Node[] = []
  for (let number = 0; number < count; number++) nodes.push(await startNode(number))
  const operator = await nodes[0]!.server.createOperator()
  t.after(async () => {
    for (const { line } of nodes) line.heal()
    await Promise.all(nodes.map(({ server }) => server.close()))
    for (const { line } of nodes) await line.close()
    for (const close of closing) await close()
    rmSync(folder, { recursive: true })
  })

  async function startNode(number: number): Promise<Node> {
    const line = await openLine(url)
    const text = `
listen: ${listen}
store: ${line.url}
secretPepper: file:pepper
keyEncryptionKey: file:kek
auditSpool: spool-${number}
logLevel: warn
${settings}
realms:
  ${realmName}: { issuer: /prod, tokenEndpoint: /prod/token, audience: api, scopes: [read], defaultScopes: [read]${ofRealm(number)} }
`
    const logStream = { write: (lines: string) => void log.push(lines) }
    const clock = clockOf?.(number)
    const server = await createServer({
      configuration: parseConfiguration(text, folder),
      logStream,
      ...(clock && { clock, systemClock: systemClockOf!(number) }),
    }).catch(async (error: unknown) => {
      await line.close()
      throw error
    })
    const ask = async (options: InjectOptions): Promise<Answer> => {
      const start = performance.now()
      const response = await injectRequest(server.app, options)
      const { statusCode: status, headers, body } = response
      return { status, headers, milliseconds: performance.now() - start, json: body === '' ? {} : response.json() }
    }
    const post = (url: string, form: Record<string, string>) =>
      ask({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams(form).toString(),
      })
    const requestToken = (client: Credentials, path = '/prod/token') => post(path, tokenRequest(client))
    let token: string | undefined
    const fetch = async (input: string | URL | Request, { method = 'GET', headers, body }: RequestInit = {}) => {
      token ??= String((await requestToken(operator, new URL(operator.tokenUrl).pathname)).json['access_token'])
      const response = await injectRequest(server.app, {
        method: method as 'GET',
        url: String(input).replace('http://node', ''),
        headers: { ...(headers as Record<string, string>), authorization: `Bearer ${token}` },
        ...(typeof body === 'string' && { payload: body }),
      })
      return new Response(response.body, { status: response.statusCode })
    }
    return {
      server,
      line,
      admin: createAdminClient({ serverUrl: 'http://node', fetch }),
      requestToken,
      async revoke({ token, clientId, clientSecret }) {
        const { status } = await post('/prod/oauth2/revoke', { token, client_id: clientId, client_secret: clientSecret })
        assert.equal(status, 200)
      },
      me: (token) => ask({ url: '/prod/v1/me', headers: { authorization: `Bearer ${token}` } }),
    }
  }

  /** A client with a token that every node has cached; its organization is authorized for one partner. */
  async function aKnownClient(slug = 'acme') {
    const { client, organization } = await aClient(slug)
    const token = await tokenAt(nodes[0]!, client)
    // A node caches a client at its token request, and an organization at a guard's lookup.
    for (const node of nodes) {
      await whenAvailable(() => node.requestToken(client))
      await whenAvailable(() => node.me(token))
    }
    return { ...client, slug, organizationId: organization.id, token }
  }

  async function aClient(
    slug: string,
    { admin }: Pick<Node, 'admin'> = nodes[0]!,
    more: { signingAlgorithm?: SigningAlgorithmName; scopes?: string[] } = {},
  ) {
    const params = { realm: realmName }
    const setup = patientAdmin(admin)
    const organization = await setup.call('organizations.create', { params, body: { slug, name: slug } })
    await setup.call('partners.authorize', { params: { ...params, organization: slug, partner }, body: { name: 'Seller' } })
    const { client, clientSecret } = await setup.call('clients.create', { params, body: { organization: slug, name: slug, ...more } })
    return { client: { clientId: client.clientId, clientSecret: clientSecret! }, organization }
  }

  async function tokenAt(node: Node, client: Credentials): Promise<string> {
    return String((await whenAvailable(() => node.requestToken(client))).json['access_token'])
  }

  /** What a test sets up: on a busy machine a request is repeated after 503. */
  async function whenAvailable(ask: () => Promise<Answer>): Promise<Answer> {
    const answer = await eventually('a node answers', async () => {
      const found = await ask()
      return found.status !== 503 && found
    })
    assert.equal(answer.status, 200, JSON.stringify(answer.json))
    return answer
  }

  /** Queries the database directly, past all lines. */
  async function query<Row>(statement: string): Promise<Row[]> {
    const pool = new Pool({ connectionString: url, max: 1 })
    // The database may be dropped while the connection ends.
    pool.on('connect', (client) => client.on('error', () => {}))
    pool.on('error', () => {})
    try {
      return (await pool.query(statement)).rows as Row[]
    } finally {
      await pool.end()
    }
  }

  async function verify() {
    const store = await openStore(url)
    try {
      return await verifyEvents(store.db, { pepper: await readKeyRing('secret pepper', `file:${join(folder, 'pepper')}`) })
    } finally {
      await store.close()
    }
  }

  const spoolOf = (number: number): string => join(folder, `spool-${number}`)
  /** The number of spool files at a node. */
  const spooled = (number: number): number => readdirSync(spoolOf(number)).filter((name) => name.endsWith('.jsonl')).length

  /** Holds the lock that every change waits for. */
  async function whileChangesWait(work: () => Promise<void>): Promise<void> {
    const store = await openStore(url)
    try {
      await store.transact(work)
    } finally {
      await store.close()
    }
  }

  /** Starts another node. */
  async function addNode(): Promise<Node> {
    const node = await startNode(nodes.length)
    nodes.push(node)
    return node
  }

  /** Inserts many clients, "client-0" and so on, each with its own organization, past the admin API. Returns their secret. */
  async function fill(clients: number): Promise<string> {
    const secret = await fillStore({ location: url, pepper: join(folder, 'pepper'), clients })
    for (const table of ['organizations', 'clients']) await query(`update ${table} set realm = '${realmName}' where realm = 'soak'`)
    return secret
  }

  /** The ids of the keys that a node publishes. */
  async function publishedKeys({ server }: Node): Promise<string[]> {
    const response = await injectRequest(server.app, { url: '/prod/.well-known/jwks.json' })
    return response.json<{ keys: { kid: string }[] }>().keys.map(({ kid }) => kid)
  }

  return {
    nodes,
    operator,
    url,
    folder,
    publishedKeys,
    addNode,
    fill,
    log,
    aKnownClient,
    aClient,
    tokenAt,
    query,
    verify,
    spoolOf,
    spooled,
    whileChangesWait,
  }
}

export const partner = '7d0d47e2-3f14-4f6a-9d2e-5f4b1a1c0a01'
export const inRealm = { realm: realmName } as const
