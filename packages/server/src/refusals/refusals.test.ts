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
