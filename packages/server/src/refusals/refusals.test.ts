// What this server itself refuses, and what is kept of refusals.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import type { RefusalRow } from './insert-refusals.ts'

suite('refusals of the server itself', () => {
  const shared = shareTestServer()
  const realm = 'nt24-idp'

  /** The row of a response. */
  async function kept(response: { readonly headers: Record<string, unknown> }) {
    const { upkeep, database } = shared()
    await upkeep.writeRefusals()
    const [row] = await database.query<RefusalRow>(
      `select * from refusals where request_id = '${String(response.headers['x-request-id'])}'`,
    )
    return row
  }

  test('a token request is kept with its problem, its reason and the client that it names', async () => {
    const { aClient, requestToken } = shared()
    const acme = await aClient(realm)
    const { clientSecret } = await aClient(realm)
    const wrong = tokenRequest({ ...acme, clientSecret })
    const row = await kept(await requestToken(realm, wrong, { 'x-request-id': 'mine-1' }))
    assert.ok(row)
    const { code, reason, client_id, organization_id, source, route, method, reporter, caller_request_id } = row
    assert.deepEqual(
      { code, reason, client_id, organization_id, source, route, method, reporter, caller_request_id },
      {
        code: 'invalid-client',
        reason: 'wrong-secret',
        client_id: acme.clientId,
        organization_id: acme.organizationId,
        source: 'token',
        route: '/realms/nt24-idp/protocol/openid-connect/token',
        method: 'POST',
        reporter: '',
        caller_request_id: 'mine-1',
      },
    )
  })

  test('a mistyped secret is refused without a query, and kept under the client that exists, which is only named', async () => {
    const { aClient, requestToken, database } = shared()
    const acme = await aClient(realm) // No node has it in memory.
    const typo = (clientId: string) => requestToken(realm, tokenRequest({ clientId, clientSecret: 'mistyped' }))
    const [known, unknown, secret] = [await typo(acme.clientId), await typo('no-such\0client'), await typo(acme.clientSecret)]
    assert.equal(known.statusCode, unknown.statusCode)
    const row = await kept(known)
    assert.deepEqual([row?.reason, row?.client_id, row?.organization_id], ['secret-mistyped', acme.clientId, acme.organizationId])
    assert.equal(JSON.parse(row?.detail ?? '{}').isNamed, true)
    for (const response of [unknown, secret]) assert.equal((await kept(response))?.client_id, null)
    assert.ok(!JSON.stringify(await database.query('select * from refusals')).includes(acme.clientSecret))
  })

  test('a scope that an authenticated client does not have is kept under that client, also in the audit log', async () => {
    const { aClient, requestToken, auditEvents } = shared()
    const acme = await aClient(realm)
    const answer = await requestToken(realm, { ...tokenRequest(acme), scope: 'orders:read' })
    const row = await kept(answer)
    assert.deepEqual([row?.code, row?.client_id, row?.organization_id], ['invalid-scope', acme.clientId, acme.organizationId])
    const event = (await auditEvents()).find(({ request_id }) => request_id === answer.headers['x-request-id'])
    assert.deepEqual(
      [event?.reason, event?.client_id, event?.organization_id, event?.detail],
      ['scope-not-granted', acme.clientId, acme.organizationId, '{"code":"invalid-scope"}'],
    )
  })

  test('an explanation that finds nothing is an answer, and no refusal; an operator without its scope is refused', async () => {
    const { requestAdmin, admin } = shared()
    const explain = (as?: { clientId: string; clientSecret: string }) =>
      requestAdmin('requests.explain', { params: { request: 'mistyped-1' } }, as)
    const unknown = await explain()
    assert.equal(unknown.statusCode, 404)
    assert.equal(await kept(unknown), undefined)
    const missing = await requestAdmin('organizations.get', { params: { realm, organization: 'mistyped' } })
    assert.equal((await kept(missing))?.code, 'not-found')
    const body = { organization: 'operators', clientId: 'no-auditor', name: 'No auditor', scopes: ['keys:read'] }
    const { clientSecret } = await admin('clients.create', { params: { realm: 'operators' }, body })
    const refused = await explain({ clientId: 'no-auditor', clientSecret: clientSecret! })
    assert.equal((await kept(refused))?.code, 'insufficient-scope')
  })

  test('a client that may not change its own secret, an unknown path, and what was read', async () => {
    const { aClient, request, tokenOf } = shared()
    const acme = await aClient(realm)
    const url = '/realms/nt24-idp/v1/me/secret-rotation'
    const row = await kept(await request({ method: 'POST', url, headers: { authorization: 'Basic YTpi' } }))
    assert.deepEqual([row?.code, row?.source, row?.client_id, row?.route], ['invalid-client', 'me', null, url])
    assert.equal(await kept(await request({ url: '/realms/nt24-idp/v1/nothing' })), undefined)
    const headers = { authorization: `Bearer ${await tokenOf(realm, acme)}` }
    assert.equal(await kept(await request({ url: '/realms/nt24-idp/v1/me', headers })), undefined)
  })
})

suite('refusals of the guards of the server', () => {
  const shared = shareTestServer()
  const realm = 'nt24-idp'
  const meUrl = '/realms/nt24-idp/v1/me'

  async function kept(response: { readonly headers: Record<string, unknown> }) {
    const { upkeep, database, auditEvents } = shared()
    await upkeep.writeRefusals()
    const id = String(response.headers['x-request-id'])
    const [row] = await database.query<RefusalRow>(`select * from refusals where request_id = '${id}'`)
    const detail = JSON.parse(row?.detail ?? '{}') as { checks?: { check: string; result: string }[] }
    const failed = detail.checks?.find(({ result }) => result === 'failed')?.check
    await auditEvents()
    const [event] = await database.query<Record<string, string | null>>(`select * from audit_events where request_id = '${id}'`)
    return { row, failed, event }
  }

  test('a call without a token has the checks, and no client', async () => {
    const { row, failed, event } = await kept(await shared().request({ url: meUrl }))
    assert.deepEqual([row?.code, row?.client_id, row?.realm, failed], ['missing-token', null, realm, 'credentials'])
    assert.deepEqual([event?.['realm'], event?.['client_id'], event?.['reason']], [realm, null, 'http-401'])
  })

  test('an expired token names its client, one that was altered does not', async () => {
    const { aClient, tokenOf, request, clock } = shared()
    const acme = await aClient(realm)
    const token = await tokenOf(realm, acme)
    clock.advance(3_600_000)
    const ask = (authorization: string) => request({ url: meUrl, headers: { authorization } })
    const expired = await kept(await ask(`Bearer ${token}`))
    assert.deepEqual([expired.row?.code, expired.row?.client_id, expired.failed], ['expired-token', acme.clientId, 'expiry'])
    assert.deepEqual([expired.event?.['client_id'], expired.event?.['actor_id']], [acme.clientId, null])
    const altered = await kept(await ask(`Bearer ${token.slice(0, -8)}AAAAAAAA`))
    assert.deepEqual([altered.row?.code, altered.row?.client_id], ['invalid-token', null])
    assert.equal(altered.event?.['client_id'], null)
  })

  test('an operator who lacks the scope, or whose realms are others, has a name in the audit log', async () => {
    const { createOperator, requestAdmin, admin } = shared()
    const body = { organization: 'operators', name: 'Reader', scopes: ['clients:read'] }
    const { client, clientSecret } = await admin('clients.create', { params: { realm: 'operators' }, body })
    const reader = { clientId: client.clientId, clientSecret: clientSecret! }
    const limited = await createOperator({ realms: ['prod'] })
    const params = { realm }
    for (const [operator, code, failed] of [
      [reader, 'insufficient-scope', 'scope'],
      [limited, 'realm-not-permitted', undefined],
    ] as const) {
      const refused = await kept(await requestAdmin('organizations.list', { params, query: {} }, operator))
      const { row, event } = refused
      assert.deepEqual([row?.code, row?.client_id, row?.realm, refused.failed], [code, operator.clientId, 'operators', failed])
      const actor = ['actor_kind', 'actor_id', 'actor_realm', 'actor_via'].map((column) => event?.[column])
      assert.deepEqual(actor, ['operator', operator.clientId, 'operators', 'api'])
      assert.deepEqual(
        [event?.['client_id'], event?.['realm'], JSON.parse(event?.['detail'] ?? '').code],
        [operator.clientId, 'operators', code],
      )
    }
  })

  test('at the root of the server, the realm of a refusal is that of the token', async () => {
    const { aClient, tokenOf, request, clock } = shared()
    const acme = await aClient('prod')
    const headers = { authorization: `Bearer ${await tokenOf('prod', acme)}` }
    clock.advance(86_400_000)
    const { row } = await kept(await request({ url: '/v1/me', headers }))
    assert.deepEqual([row?.realm, row?.client_id], ['prod', acme.clientId])
    assert.equal((await kept(await request({ url: '/v1/me' }))).row?.realm, '')
  })
})
