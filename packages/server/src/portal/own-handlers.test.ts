import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RefusalReport } from '@countersign/protocol'
import { refusalOf } from '../../test/console.fixture.ts'
import { aReader, confirmBy, realm, signInToPortal, tryToken, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { aRefusal, aReport, aRequestId } from '../reports/report.fixture.ts'

suite('what a client sees and does at the portal', () => {
  const shared = shareTestServer(withPortal)
  const reason = 'a test'
  const hour = 3_600_000

  /** Reports of a guard of the realm. */
  async function report(...refusals: RefusalReport[]) {
    const { aClient, tokenOf, request, upkeep } = shared()
    const guard = await aClient(realm, { scopes: ['decisions:write'] })
    const headers = { authorization: `Bearer ${await tokenOf(realm, guard)}` }
    const answer = await request({ method: 'POST', url: '/realms/nt24-idp/v1/decisions', headers, payload: { ...aReport({ refusals }) } })
    assert.equal(answer.statusCode, 204, answer.body)
    await upkeep.writeRefusals()
    return guard
  }

  test('abuse 149: a rotation in four steps: the session stays, moves to the new secret, and the secret is shown once', async () => {
    const server = shared()
    const { client, browser, params } = await aReader(server)
    await server.tokenOf(realm, client)
    const started = await browser.call('rotation.start', { params, body: {} })
    assert.equal(started.statusCode, 201, started.body)
    assert.equal(started.headers['cache-control'], 'no-store')
    const { clientSecret, startedBy, secrets } = started.json()
    assert.deepEqual([startedBy, secrets.length], ['client', 2])
    assert.equal((await browser.session()).json().secretId, secrets[1].id)
    for (const response of [await browser.call('rotation.get', { params }), await browser.call('clients.get', { params })]) {
      assert.equal(response.statusCode, 200)
      assert.ok(!response.body.includes(clientSecret))
    }
    await server.tokenOf(realm, { ...client, clientSecret })
    server.clock.advance(2 * hour)
    const late = await signInToPortal(server, client)
    assert.deepEqual(refusalOf(await late.call('rotation.confirm', { params, body: {} })), [409, 'new-secret-required'])
    const moved = await confirmBy(late, clientSecret)
    assert.deepEqual([moved.statusCode, moved.json().secretId], [200, secrets[0].id])
    const confirmed = await late.call('rotation.confirm', { params, body: {} })
    assert.deepEqual([confirmed.statusCode, confirmed.json().state], [200, 'stable'], confirmed.body)
    assert.equal((await late.session()).statusCode, 200)
    assert.equal((await browser.session()).statusCode, 401)
    const events = await server.database.query<Record<string, string>>(
      `select * from audit_events where client_id = ? and kind in ('rotation.start', 'rotation.confirm') order by id`,
      client.clientId,
    )
    assert.deepEqual(
      events.map(({ kind, actor_kind, actor_id, actor_via }) => [kind, actor_kind, actor_id, actor_via]),
      ['rotation.start', 'rotation.confirm'].map((kind) => [kind, 'client', client.clientId, 'portal']),
    )
    const stored = [
      await server.database.query('select * from audit_events'),
      await server.database.query('select * from idempotency_keys'),
    ]
    assert.ok(!JSON.stringify([stored, server.log]).includes(clientSecret))
  })

  test('replacing a secret needs a fresh sign-in; revoking one does not', async () => {
    const server = shared()
    const { client, browser, params } = await aReader(server)
    server.clock.advance(16 * 60_000)
    for (const name of ['rotation.start', 'rotation.confirm', 'rotation.cancel'] as const)
      assert.deepEqual(refusalOf(await browser.call(name, { params, body: {} })), [403, 'sign-in-again'], name)
    await confirmBy(browser, client.clientSecret)
    const started = await browser.call('rotation.start', { params, body: {} })
    assert.equal(started.statusCode, 201, started.body)
    assert.equal((await browser.call('rotation.cancel', { params, body: {} })).statusCode, 200)
    server.clock.advance(16 * 60_000)
    const { secrets } = (await browser.call('rotation.get', { params })).json()
    const revoked = await browser.call('secrets.revoke', {
      params: { ...params, secret: secrets[0].id },
      body: { reason, cutTokens: false },
    })
    assert.equal(revoked.statusCode, 200, revoked.body)
    assert.equal((await browser.session()).statusCode, 401)
  })

  test('a rotation has the rules for a client: no window that is too short, and none that an operator started is cancelled', async () => {
    const server = shared()
    const { browser, params } = await aReader(server)
    assert.deepEqual(refusalOf(await browser.call('rotation.start', { params, body: { window: 3600 } })), [400, 'invalid-request'])
    await server.admin('rotation.start', { params, body: {} })
    assert.deepEqual(refusalOf(await browser.call('rotation.cancel', { params, body: {} })), [409, 'rotation-of-the-operator'])
  })

  test('abuse 151: a start that is repeated with its key makes one secret', async () => {
    const { browser, client } = await aReader(shared())
    const start = () =>
      browser.request({
        method: 'POST',
        url: `/portal/api/v1/realms/${realm}/clients/${client.clientId}/secret-rotation`,
        headers: { 'idempotency-key': 'once-only' },
        payload: {},
      })
    const [first, again] = [await start(), await start()]
    assert.match(first.json().clientSecret, /^csk_/)
    assert.deepEqual([again.statusCode, again.json().clientSecret, again.json().secrets], [201, null, first.json().secrets])
  })

  test('abuse 147: usage and uses are its own, also where an earlier client had its id', async () => {
    const server = shared()
    const before = await server.aClient(realm, { clientId: 'reused-backend' })
    for (let i = 0; i < 3; i++) await server.tokenOf(realm, before)
    await server.upkeep.writeUsage()
    await server.admin('clients.delete', { params: { realm, client: before.clientId } })
    server.clock.advance(2 * hour)
    const client = await server.aClient(realm, { clientId: before.clientId })
    const params = { realm, client: client.clientId }
    server.clock.advance(hour)
    const browser = await signInToPortal(server, client)
    await server.tokenOf(realm, client)
    await server.requestToken(realm, { ...tokenRequest(client), client_secret: before.clientSecret })
    await server.upkeep.writeUsage()
    const uses = (await browser.call('credentials.uses', { params })).json()
    assert.deepEqual([uses.items.length, uses.items[0].client, uses.items[0].count], [1, client.clientId, 1])
    for (const by of ['outcome', 'credential', 'client', 'organization'] as const) {
      const usage = await browser.call('usage.series', { params, query: { by } })
      assert.deepEqual([usage.statusCode, usage.json().totals], [200, { tokens: 1, calls: 0 }], by)
      assert.ok(!usage.body.includes(before.slug))
    }
  })

  test('refusals are its own, in the terms of an integrator, and explained', async () => {
    const server = shared()
    const { client, browser, params } = await aReader(server)
    await server.admin('dpa.accept', { params: { realm, organization: client.slug }, body: { version: '2026-01', acceptedBy: 'Jo' } })
    const other = await server.aClient(realm)
    const [mine, theirs] = [aRequestId(), aRequestId()]
    const guard = await report(
      aRefusal({ requestId: mine, clientId: client.clientId, at: server.clock.now() }),
      aRefusal({ requestId: theirs, clientId: other.clientId, at: server.clock.now() }),
    )
    const list = await browser.call('refusals.list', { params })
    assert.deepEqual([list.statusCode, list.json().items.length], [200, 1], list.body)
    const [item] = list.json().items
    assert.deepEqual([item.requestId, item.fixedBy, item.address], [mine, 'provider', '198.51.100.0/24'])
    const explained = await browser.call('requests.explain', { params: { request: mine } })
    assert.equal(explained.statusCode, 200, explained.body)
    const { request, code, who, now, tell, failed } = explained.json()
    assert.deepEqual([request.id, code, who, now, failed], [mine, 'insufficient-scope', 'operator', { outcome: 'same' }, 'scope'])
    assert.match(tell, /We have to change something/)
    for (const { body } of [list, explained]) assert.ok(!body.includes(guard.clientId) && !body.includes('198.51.100.7'))
    const answers = [theirs, aRequestId()].map((request) => browser.call('requests.explain', { params: { request } }))
    const [foreign, unknown] = (await Promise.all(answers)).map(({ body }) => body.replace(/urn:request:[\w-]+/, ''))
    assert.equal(foreign, unknown)
    for (const query of [{ reason: 'wrong-secret' }, { source: 'token' }] as const)
      assert.deepEqual(refusalOf(await browser.call('refusals.list', { params, query })), [400, 'invalid-request'])
  })

  test('nothing tells whether a partner that is not its own exists', async () => {
    const server = shared()
    const { client, browser } = await aReader(server)
    const [known, unknown] = ['0a0b0c0d-1111-4111-8111-111111111111', '0a0b0c0d-2222-4222-8222-222222222222']
    await server.admin('partners.register', { params: { realm, partner: known }, body: { name: 'Alder Retail' } })
    const ids = [aRequestId(), aRequestId()]
    const refusal = (requestId: string, partnerId: string) =>
      aRefusal({
        requestId,
        partnerId,
        clientId: client.clientId,
        at: server.clock.now(),
        code: 'partner-not-authorized',
        requires: { partner: 'sellerId' },
        checks: [{ check: 'partner', result: 'failed', saw: `${partnerId} is not among 0` }],
      })
    await report(refusal(ids[0]!, known), refusal(ids[1]!, unknown))
    const [one, two] = await Promise.all(ids.map((request) => browser.call('requests.explain', { params: { request } })))
    const neutral = (text: string, id: string, partner: string) => text.replaceAll(id, 'ID').replaceAll(partner, 'PARTNER')
    assert.equal(one!.statusCode, 200, one!.body)
    assert.equal(neutral(one!.body, ids[0]!, known), neutral(two!.body, ids[1]!, unknown))
    assert.ok(!one!.body.includes('Alder'))
  })

  test('abuse 147: no answer has the name of an operator, a reason, or another organization', async () => {
    const server = shared()
    const secret = 'zz-operator'
    const organization = { realm, organization: 'zz-operator-company' }
    await server.admin('organizations.create', { params: { realm }, body: { slug: organization.organization, name: secret } })
    const made = await server.admin('clients.create', {
      params: { realm: 'operators' },
      body: {
        organization: 'operators',
        clientId: secret,
        name: secret,
        scopes: [
          'organizations:read',
          'organizations:write',
          'clients:read',
          'clients:write',
          'secrets:write',
          'audit:read',
          'keys:read',
          'keys:write',
        ],
      },
    })
    const operator = { clientId: secret, clientSecret: made.clientSecret! }
    const { client, browser, params } = await aReader(server)
    const own = { realm, organization: client.slug, client: client.clientId }
    const change = { reason: `asked by ${secret}` }
    await server.requestAdmin(
      'dpa.publish',
      { params: { realm }, body: { version: '2026-09', requiredFrom: new Date(server.clock.now() + hour).toISOString(), ...change } },
      operator,
    )
    await server.requestAdmin('dpa.accept', { params: own, body: { version: '2026-01', acceptedBy: secret, ...change } }, operator)
    await server.requestAdmin('clients.update', { params, body: { scopes: ['profile'], ...change } }, operator)
    await server.requestAdmin('rotation.start', { params, body: change }, operator)
    await server.requestAdmin(
      'capabilities.set',
      { params: { ...own, capability: 'rateLimitTier' }, body: { value: 'standard', ...change } },
      operator,
    )
    const request = aRequestId()
    await report(aRefusal({ requestId: request, clientId: client.clientId, at: server.clock.now() }))
    await server.requestToken(realm, { ...tokenRequest(client), scope: 'orders:read' })
    await server.upkeep.writeRefusals()
    await server.upkeep.writeUsage()
    const answers = [
      await browser.session(),
      await tryToken(browser, { clientSecret: client.clientSecret }),
      await browser.call('organizations.get', { params: own }),
      await browser.call('clients.list', { params, query: { with: 'standing' } }),
      await browser.call('clients.get', { params }),
      await browser.call('clients.previewToken', { params }),
      await browser.call('rotation.get', { params }),
      await browser.call('credentials.uses', { params }),
      await browser.call('usage.series', { params, query: { by: 'organization' } }),
      await browser.call('refusals.list', { params }),
      await browser.call('requests.explain', { params: { request } }),
      await browser.call('partners.ofOrganization', { params: own }),
      await browser.call('dpa.versions', { params }),
      await browser.call('dpa.acceptances', { params: own }),
    ]
    for (const answer of answers) {
      assert.equal(answer.statusCode, 200, answer.body)
      assert.ok(!answer.body.includes(secret), answer.body)
    }
    const cancel = await browser.call('rotation.cancel', { params, body: {} })
    assert.equal(cancel.statusCode, 409)
    assert.ok(!cancel.body.includes(secret))
  })
})
