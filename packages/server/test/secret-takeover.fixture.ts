// Model of the property test with the same name: a client whose owner and operator act at will, and a thief who has every token
// that was ever issued. The thief's attempts are a table; the protected state is read from the database.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { InjectOptions } from 'fastify'
import { adminScopes, operations, type Operation } from '@countersign/admin'
import { formatBasic } from '@countersign/protocol'
import { startTestServer, tokenRequest } from './test-server.fixture.ts'

export const realm = 'nt24-idp'
const below = (base: string) => `${base}/v1/me/secret-rotation`
export const ownPath = below(`/realms/${realm}`)
const everyPath = [ownPath, below(''), below('/realms/operators'), below('/auth/realms/prod'), below('/partner-api')]

type Server = Awaited<ReturnType<typeof startTestServer>>

/** Places in a request where a token may be put. */
const places: readonly ((token: string, clientId: string) => Pick<InjectOptions, 'headers' | 'payload' | 'query'>)[] = [
  (token) => ({ headers: { authorization: `Bearer ${token}` } }),
  (token, clientId) => ({ headers: { authorization: formatBasic({ clientId, clientSecret: token }) } }),
  (token) => ({ headers: { authorization: `Basic ${token}` } }),
  (token, clientId) => inForm({ client_id: clientId, client_secret: token }),
  (token, clientId) => inForm({ client_id: clientId, client_assertion: token, client_assertion_type: 'jwt-bearer' }),
  (token) => inForm({ access_token: token }),
  (token) => ({ query: { access_token: token } }),
  (token) => ({ headers: { cookie: `access_token=${token}`, 'x-forwarded-authorization': `Bearer ${token}` } }),
]

function inForm(parameters: Record<string, string>) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { headers, payload: new URLSearchParams(parameters).toString() }
}

/** Bodies that a thief after a secret would send to admin operations that take one. */
const bodies: Readonly<Record<string, object>> = {
  'rotation.start': { force: true },
  'rotation.confirm': { force: true, reason: 'mine' },
  'rotation.extend': { window: 86_400 },
  'secrets.revoke': { reason: 'mine' },
  'clients.update': { enabled: true, scopes: ['profile', 'orders:read'] },
  'clients.create': { organization: 'acme', name: 'mine' },
}

export interface Target {
  readonly clientId: string
  readonly slug: string
  /** The internal id of the client, which Keycloak's tools use. */
  readonly id: string
  readonly secretIds: readonly string[]
}

type Attempt = (token: string, target: Target) => InjectOptions

/** Every request in which a token could be useful to a thief. */
export const attempts: readonly Attempt[] = [
  ...everyPath.flatMap((path) =>
    (
      [
        ['GET', path],
        ['POST', path],
        ['DELETE', path],
        ['POST', `${path}/confirm`],
      ] as const
    ).flatMap(([method, url]) =>
      places.map((place): Attempt => (token, { clientId }) => ({ method, url, ...place(token, clientId) })),
    ),
  ),
  ...places.map((place): Attempt => (token, { clientId }) => ({
    method: 'POST',
    url: `/realms/${realm}/protocol/openid-connect/token`,
    ...place(token, clientId),
  })),
  ...Object.entries(operations as Record<string, Operation>).map(([name, { method, path }]): Attempt => (token, target) => ({
    method,
    url: path.replace(/\{(\w+)\}/g, (_, parameter: string) => parameterOf(parameter, target)),
    headers: { authorization: `Bearer ${token}`, ...(method !== 'GET' && { 'if-match': '*' }) },
    ...(bodies[name] && { payload: bodies[name] }),
  })),
  ...(
    [
      ['GET', ''],
      ['POST', ''],
      ['GET', '/rotated'],
      ['DELETE', '/rotated'],
    ] as const
  ).map(([method, rest]): Attempt => (token, { id }) => ({
    method,
    url: `/admin/realms/${realm}/clients/${id}/client-secret${rest}`,
    headers: { authorization: `Bearer ${token}` },
  })),
]

/** Indexes of the attempts at the client's own path. */
export const ownAttempts = Array.from({ length: 4 * places.length }, (_, index) => index)

function parameterOf(name: string, { clientId, slug, secretIds }: Target): string {
  return { realm, client: clientId, organization: slug, secret: secretIds[0] ?? '' }[name] ?? '00000000-0000-4000-8000-000000000000'
}

/**
 * Tokens of operators with few rights left: two narrowed to reading, and three that were issued with every scope and whose
 * operators were then deleted, deleted and created again with the same id, and reduced to reading.
 */
export async function stealFromOperators({ admin, operator, requestToken }: Server): Promise<string[]> {
  const tokenWith = async (credentials: typeof operator, scope: string) => {
    const response = await requestToken('operators', { ...tokenRequest(credentials), scope })
    return response.json<{ access_token: string }>().access_token
  }
  const everyScope = adminScopes.join(' ')
  const params = { realm: 'operators' }
  const reading = { scopes: ['audit:read'] }
  const anOperator = async () => {
    const clientId = `operator-${randomUUID()}`
    const body = { organization: 'operators', name: 'former', clientId, scopes: [...adminScopes] }
    const { clientSecret } = await admin('clients.create', { params, body })
    const token = await tokenWith({ ...operator, clientId, clientSecret: clientSecret! }, everyScope)
    return { token, body, params: { ...params, client: clientId } }
  }
  const [deleted, replaced, reduced] = [await anOperator(), await anOperator(), await anOperator()]
  await admin('clients.delete', { params: deleted.params })
  await admin('clients.delete', { params: replaced.params })
  await admin('clients.create', { params, body: { ...replaced.body, ...reading } })
  await admin('clients.update', { params: reduced.params, body: reading })
  const narrowed = [await tokenWith(operator, 'audit:read'), await tokenWith(operator, 'audit:read clients:read')]
  return [...narrowed, deleted.token, replaced.token, reduced.token]
}

/**
 * State that decides which credentials get tokens of the client, without what the use of secrets and the clock change by
 * themselves.
 */
export async function lookAt({ database, clock }: Server, clientId: string) {
  const clients = await database.query<Record<string, string | number>>(
    `select id, enabled, service_account_enabled, scopes, authentication_methods, tokens_not_before from clients where client_id = ? and realm = ?`,
    clientId,
    realm,
  )
  const secrets = await database.query<{ id: string; last_four: string; started_by: string | null }>(
    `select id, last_four, expires_at, expires_at_before_rotation, started_by, created_at from credentials
      where client = ? and (expires_at is null or expires_at > ?) order by created_at desc`,
    clients[0]?.['id'] ?? '',
    clock.now(),
  )
  const count = await database.query(
    `select (select count(*) from clients) as clients, (select count(*) from organizations) as organizations`,
  )
  assert.equal(clients.length, 1)
  return { client: clients[0]!, secrets, count }
}
