import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { OperationInput } from '@countersign/admin'
import { generateClientSecret } from '../keys/secret-format.ts'
import { shareTestServer, startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'

async function withHistory(server: TestServer) {
  const client = await server.aClient(realm)
  server.clock.advance(60_000)
  await server.tokenOf(realm, client)
  await server.requestToken(realm, tokenRequest({ ...client, clientSecret: generateClientSecret() }))
  server.clock.advance(60_000)
  await server.admin('clients.update', { params: { realm, client: client.clientId }, body: { enabled: false } })
  await server.auditEvents() // Denials are written a moment after their response.
  const search = async (query: OperationInput<'audit.search'>['query']) => (await server.admin('audit.search', { params: {}, query })).items
  return { ...server, client, search }
}

suite('searches of one history', () => {
  let history: Awaited<ReturnType<typeof withHistory>>
  const server = shareTestServer({ nodes: 1 })
  before(async () => {
    history = await withHistory(server())
  })

  test('the audit log is searched by realm, organization, client, kind, outcome and time', async () => {
    const { search, client, operator } = history
    const kinds = async (query: OperationInput<'audit.search'>['query']) => (await search(query)).map(({ kind }) => kind)
    const all = ['clients.update', 'token.request', 'token.request', 'clients.create', 'organizations.create']
    assert.deepEqual(await kinds({ realm }), all)
    assert.deepEqual(await kinds({ organization: client.organizationId }), all)
    assert.deepEqual(await kinds({ client: client.clientId }), all.slice(0, 4))
    assert.deepEqual(await kinds({ realm, outcome: 'refused' }), ['token.request'])
    assert.deepEqual(await kinds({ realm, kind: 'clients.create' }), ['clients.create'])
    assert.deepEqual(await kinds({ realm, kind: 'clients.create,clients.update' }), ['clients.update', 'clients.create'])
    assert.deepEqual(await kinds({ realm, changes: 'true' }), ['clients.update', 'clients.create', 'organizations.create'])
    assert.deepEqual(await kinds({ realm, changes: 'false' }), all)
    assert.deepEqual(await kinds({ client: client.clientId, changes: 'true' }), ['clients.update', 'clients.create'])
    assert.deepEqual(await kinds({ realm, reason: 'wrong-secret' }), ['token.request'])
    assert.deepEqual(await kinds({ realm, reason: 'expired-secret' }), [])
    assert.deepEqual(await kinds({ realm, from: '2026-01-15T12:01:00Z', to: '2026-01-15T12:02:00Z' }), all.slice(1, 3))
    assert.deepEqual(await kinds({ realm, client: operator.clientId }), ['clients.update', 'clients.create', 'organizations.create'])
  })

  test('fault 4.5: a range of the audit log is read with offsets', async () => {
    const found = await history.search({ realm, from: '2026-01-15T14:01:00+02:00', to: '2026-01-15T07:02:00-05:00' })
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['token.request', 'token.request'],
    )
  })

  test('an event has actor, kind, target, time and address', async () => {
    const { search, client, operator } = history
    const [event] = await search({ kind: 'clients.update' })
    const { id, requestId, ...rest } = event!
    for (const one of [id, requestId]) assert.match(String(one), /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/)
    assert.deepEqual(rest, {
      at: '2026-01-15T12:02:00.000Z',
      kind: 'clients.update',
      outcome: 'success',
      reason: null,
      realm,
      organizationId: client.organizationId,
      organizationSlug: client.slug,
      clientId: client.clientId,
      address: '127.0.0.1',
      callerRequestId: null,
      traceId: null,
      actor: { kind: 'operator', id: operator.clientId, realm: 'operators', via: 'api', onBehalfOf: null },
      detail: { enabled: false, by: { realm: 'operators', client: operator.clientId } },
    })
    assert.equal((await search({ outcome: 'refused' }))[0]?.reason, 'wrong-secret')
  })

  test('events are found by the operator that caused them and by their request id', async () => {
    const { search, client, operator } = history
    const byOperator = await search({ actor: operator.clientId, realm })
    assert.deepEqual(
      byOperator.map(({ kind }) => kind),
      ['clients.update', 'clients.create', 'organizations.create'],
    )
    assert.deepEqual(await search({ actor: client.clientId }), [])
    const [refused] = await search({ outcome: 'refused' })
    assert.deepEqual(await search({ request: refused!.requestId! }), [refused])
  })
})

suite('searches of a store without clients', () => {
  const shared = shareTestServer()

  test('events of the server itself have no request id', async () => {
    const { admin, operator } = shared()
    const { items } = await admin('audit.search', { params: {}, query: { client: operator.clientId, kind: 'clients.create' } })
    assert.deepEqual(
      [items[0]?.actor?.kind, items[0]?.actor?.id, items[0]?.actor?.via, items[0]?.requestId],
      ['system', 'setup', 'cli', null],
    )
  })

  test('fault 8.6: a search for an unknown kind is an error that lists the kinds', async () => {
    const { requestAdmin } = shared()
    const response = await requestAdmin('audit.search', { params: {}, query: { kind: 'nonsense' } })
    assert.equal(response.statusCode, 400)
    assert.match(response.json().errors[0].detail, /^expected one of accessRequests\.approve, .*, audit\.archive, .*, token\.revocation$/)
  })

  test('fault 8.6: the error for a mistyped kind names the one that was meant', async () => {
    const { requestAdmin } = shared()
    const response = await requestAdmin('audit.search', { params: {}, query: { kind: 'clients.create,organisation.create' } })
    assert.match(
      response.json().errors[0].detail,
      /^there is no "organisation\.create", did you mean "organizations\.create"\? Otherwise expected/,
    )
  })

  test('the log is followed oldest first, and is up to date after its last page', async () => {
    const { admin, clock } = shared()
    clock.advance(60_000)
    const query = { order: 'oldest', limit: 1 } as const
    const first = await admin('audit.search', { params: {}, query })
    assert.deepEqual([first.items.length, first.upToDate], [1, false])
    const rest = await admin('audit.search', { params: {}, query: { ...query, limit: 1000, after: first.next! } })
    assert.equal(rest.upToDate, true)
    const { items, upToDate } = await admin('audit.search', { params: {}, query: { limit: 1000, to: '2026-01-15T12:00:30Z' } })
    assert.deepEqual([...first.items, ...rest.items], items.toReversed())
    assert.equal(upToDate, undefined)
    const nothing = await admin('audit.search', { params: {}, query: { ...query, after: rest.next! } })
    assert.deepEqual([nothing.items, nothing.upToDate, typeof nothing.next], [[], true, 'string'])
  })

  test('fault 8.2: a search in an unknown realm is an error, unless the log has events of it', async () => {
    const { requestAdmin, admin, database } = shared()
    const response = await requestAdmin('audit.search', { params: {}, query: { realm: 'removed' } })
    assert.equal(response.statusCode, 400)
    assert.match(response.json().errors[0].detail, /^there is no realm "removed", and no event of it; expected one of nt24-idp, /)
    await database.query(`update audit_events set realm = 'removed' where id = (select min(id) from audit_events)`)
    assert.equal((await admin('audit.search', { params: {}, query: { realm: 'removed' } })).items.length, 1)
  })

  const wrongQueries: [Record<string, string>, string][] = [
    [{ after: "0' or '1'='1" }, '/query/after'],
    [{ after: 'acme' }, '/query/after'],
    [{ after: 'oldest.000000000000.0.' }, '/query/after'],
    [{ order: 'oldest', after: '000000000000-00000000-00000000' }, '/query/after'],
    [{ order: 'oldest', after: "oldest.0' or 1=1 --" }, '/query/after'],
    [{ order: 'id; drop table audit_events' }, '/query/order'],
    [{ kind: "' or 1=1 --" }, '/query/kind'],
    [{ kind: 'request,' }, '/query/kind'],
    [{ kind: Array.from({ length: 51 }, () => 'request').join(',') }, '/query/kind'],
    [{ changes: 'yes' }, '/query/changes'],
    [{ reason: "' or 1=1 --" }, '/query/reason'],
    [{ request: "' or 1=1 --" }, '/query/request'],
    [{ actor: "' or 1=1 --\n" }, '/query/actor'],
    [{ organization: 'acme' }, '/query/organization'],
    [{ outcome: 'any' }, '/query/outcome'],
    [{ from: 'yesterday' }, '/query/from'],
    [{ limit: '1001' }, '/query/limit'],
    [{ sort: 'id' }, '/query/sort'],
    [{ delete: 'true' }, '/query/delete'],
  ]
  for (const [query, pointer] of wrongQueries) {
    test(`abuse 160: a search by ${JSON.stringify(query).slice(0, 80)} is rejected, naming ${pointer}`, async () => {
      const response = await shared().requestAdmin('audit.search', { params: {}, query: query as never })
      assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, pointer])
    })
  }

  test('abuse 160: a search by an actor or a client with an id of SQL finds nothing', async () => {
    for (const member of ['actor', 'client']) {
      const { items } = await shared().admin('audit.search', { params: {}, query: { [member]: "' or 1=1 --" } })
      assert.deepEqual(items, [])
    }
  })

  test('a range that ends before it begins is rejected, not answered with an empty list', async () => {
    const { requestAdmin } = shared()
    const response = await requestAdmin('audit.search', { params: {}, query: { from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' } })
    assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, '/query/from'])
  })
})

test('abuse 160: no operation changes or deletes events, and a range of ten years is allowed', async () => {
  const { request, tokenOf, operator, admin } = await withHistory(await startTestServer({ nodes: 1 }))
  const headers = { authorization: `Bearer ${await tokenOf('operators', operator)}` }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const)
    assert.ok([404, 405].includes((await request({ method, url: '/admin/v1/audit', headers })).statusCode))
  const { items, next } = await admin('audit.search', { params: {}, query: { from: '2020-01-01T00:00:00Z', to: '2030-01-01T00:00:00Z' } })
  assert.ok(items.length > 5)
  assert.equal(next, null)
})

test('abuse 146: reading the audit log requires its own scope', async () => {
  const { admin, requestAdmin } = await startTestServer()
  const { clientSecret } = await admin('clients.create', {
    params: { realm: 'operators' },
    body: { organization: 'operators', clientId: 'clerk', name: 'Clerk', scopes: ['organizations:read', 'clients:read'] },
  })
  const response = await requestAdmin('audit.search', { params: {} }, { clientId: 'clerk', clientSecret: clientSecret! })
  assert.equal(response.statusCode, 403)
})
