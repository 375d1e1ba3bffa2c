import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { sawOtherClient, type RefusalReport } from '@countersign/protocol'
import { shareTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'
import { aRefusal, aReport, aRequestId } from '../reports/report.fixture.ts'
import { whoCanFix } from './refusal-terms.ts'

interface Item {
  readonly requestId: string
  readonly code: string
  readonly address: string | null
  readonly [member: string]: unknown
}

suite('GET /v1/me/refusals', () => {
  const shared = shareTestServer()
  const realm = 'nt24-idp'
  const base = '/realms/nt24-idp/v1/me/refusals'

  async function ask(credentials: Parameters<TestServer['tokenOf']>[1], query: Record<string, string> = {}, url = base) {
    const { request, tokenOf, upkeep } = shared()
    await upkeep.writeRefusals()
    const answer = await request({ url, query, headers: { authorization: `Bearer ${await tokenOf(realm, credentials)}` } })
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.json<{ items: Item[]; next: string | null }>()
  }

  /** Reports of a guard of the realm. */
  async function report(...refusals: RefusalReport[]) {
    const { aClient, tokenOf, request } = shared()
    const guard = await aClient(realm, { scopes: ['decisions:write'] })
    const headers = { authorization: `Bearer ${await tokenOf(realm, guard)}` }
    const answer = await request({ method: 'POST', url: '/realms/nt24-idp/v1/decisions', headers, payload: { ...aReport({ refusals }) } })
    assert.equal(answer.statusCode, 204, answer.body)
    return guard
  }

  test('has what happened, why, and who can change it', async () => {
    const { aClient, clock } = shared()
    const acme = await aClient(realm)
    const requestId = aRequestId()
    const guard = await report(aRefusal({ requestId, clientId: acme.clientId, at: clock.now(), callerRequestId: 'job-8' }))
    const { items, next } = await ask(acme)
    const [item] = items
    assert.ok(item)
    const { checks, causes, type, ...rest } = item
    assert.deepEqual(rest, {
      requestId,
      callerRequestId: 'job-8',
      at: new Date(clock.now()).toISOString(),
      api: 'orders-api',
      method: 'GET',
      route: '/v1/orders/{id}',
      code: 'insufficient-scope',
      title: 'The access token lacks a required scope',
      status: 403,
      detail: 'The access token lacks a scope that the route requires: orders:read is not among profile.',
      fixedBy: 'provider',
      partnerId: null,
      requestorId: null,
      address: '198.51.100.0/24',
      reportOnly: false,
    })
    assert.match(String(type), /\/problems\/insufficient-scope$/)
    assert.equal((checks as unknown[]).length, 13)
    assert.ok((causes as { remedy: string }[])[0]?.remedy)
    assert.deepEqual([items.length, next], [1, null])
    assert.ok(!JSON.stringify(item).includes(guard.clientId))
    assert.deepEqual((await ask(acme, {}, '/v1/me/refusals')).items, items)
  })

  test('a reason that an operator gave for a change is shown to no integrator', async () => {
    const { aClient, admin, clock, request, tokenOf } = shared()
    const acme = await aClient(realm)
    const reason = 'asked by their auditor'
    await admin('clients.update', { params: { realm, client: acme.clientId }, body: { scopes: ['profile'], reason } })
    await admin('capabilities.set', {
      params: { realm, organization: acme.slug, capability: 'rateLimitTier' },
      body: { value: 'standard', reason },
    })
    await report(aRefusal({ requestId: aRequestId(), clientId: acme.clientId, at: clock.now() }))
    const { items } = await ask(acme)
    assert.equal(items.length, 1)
    const authorization = `Bearer ${await tokenOf(realm, acme)}`
    const answers = await Promise.all(
      ['/v1/me', '/v1/me/usage', '/v1/me/refusals'].map((url) => request({ url: `/realms/nt24-idp${url}`, headers: { authorization } })),
    )
    for (const { statusCode, body } of answers) assert.deepEqual([statusCode, body.includes('auditor')], [200, false])
  })

  test('a page ends with a cursor, newest first', async () => {
    const { aClient, clock } = shared()
    const acme = await aClient(realm)
    const ids = [1, 2, 3].map((at) => aRequestId(at))
    const guard = await report(...ids.map((requestId, index) => aRefusal({ requestId, clientId: acme.clientId, at: clock.now() + index })))
    const first = await ask(acme, { limit: '2' })
    const second = await ask(acme, { limit: '2', after: first.next! })
    assert.deepEqual(
      [...first.items, ...second.items].map(({ requestId }) => requestId),
      ids.toReversed(),
    )
    assert.equal(second.next, null)
    assert.doesNotMatch(Buffer.from(first.next!, 'base64url').toString(), new RegExp(guard.clientId), 'the cursor tells who reported')
  })

  test('has nothing that others tried under the name of the client', async () => {
    const { aClient, requestToken } = shared()
    const [acme, other] = [await aClient(realm), await aClient(realm)]
    await requestToken(realm, tokenRequest({ ...acme, clientSecret: other.clientSecret }))
    await requestToken(realm, { ...tokenRequest(acme), scope: 'orders:read' })
    assert.deepEqual(
      (await ask(acme)).items.map(({ code }) => code),
      ['invalid-scope'],
    )
  })

  test("a neighbour's request id gets the answer of an unknown one, also within the organization", async () => {
    const { aClient, admin, clock } = shared()
    const acme = await aClient(realm)
    const body = { organization: acme.slug, name: 'Second', clientId: `${acme.slug}-second` }
    const second = await admin('clients.create', { params: { realm }, body })
    const neighbour = { clientId: second.client.clientId, clientSecret: second.clientSecret! }
    const requestId = aRequestId()
    await report(aRefusal({ requestId, clientId: neighbour.clientId, at: clock.now() }))
    const [ofNeighbour, unknown] = [await ask(acme, { request: requestId }), await ask(acme, { request: aRequestId() })]
    assert.deepEqual(
      [ofNeighbour, unknown],
      [
        { items: [], next: null },
        { items: [], next: null },
      ],
    )
    assert.deepEqual(
      (await ask(neighbour, { request: requestId })).items.map((item) => item.requestId),
      [requestId],
    )
  })

  test('a client that was created again does not see what its predecessor did', async () => {
    const { aClient, admin, clock } = shared()
    const acme = await aClient(realm)
    await report(aRefusal({ clientId: acme.clientId, at: clock.now() }))
    const params = { realm, client: acme.clientId }
    await admin('clients.delete', { params })
    clock.advance(1000)
    const body = { organization: acme.slug, name: 'Again', clientId: acme.clientId }
    const again = await admin('clients.create', { params: { realm }, body })
    assert.deepEqual(await ask({ clientId: acme.clientId, clientSecret: again.clientSecret! }), { items: [], next: null })
  })

  test('a client of another organization does not see what its predecessor goes on trying, or what a guard tells of it late', async () => {
    const { aClient, admin, clock, request, tokenOf, upkeep } = shared()
    const before = await aClient(realm)
    const token = await tokenOf(realm, before)
    await admin('clients.delete', { params: { realm, client: before.clientId } })
    const triedAt = clock.now()
    clock.advance(2 * 3_600_000)
    const other = await aClient(realm, { clientId: before.clientId })
    for (const url of ['/realms/nt24-idp/v1/me', '/v1/me'])
      assert.equal((await request({ url, headers: { authorization: `Bearer ${token}` } })).statusCode, 401)
    const checks = [{ check: 'standing', result: 'failed', saw: sawOtherClient[0] }] as const
    await report(
      aRefusal({ clientId: before.clientId, at: triedAt, code: 'partner-not-authorized' }),
      aRefusal({ clientId: before.clientId, at: clock.now(), code: 'invalid-token', checks }),
    )
    await upkeep.writeRefusals()
    assert.deepEqual(await ask(other), { items: [], next: null })
    assert.deepEqual(await ask(other, {}, '/v1/me/refusals'), { items: [], next: null })
  })
})

test('what the client itself sent wrong is its own to change, whatever its problem usually is', () => {
  const fixers = (code: string, saw: string) => whoCanFix(code, saw, undefined)
  assert.equal(fixers('partner-not-authorized', 'sellerId is not a UUID'), 'you')
  assert.equal(fixers('partner-not-authorized', 'a is not a partner of the organization, which has none'), 'provider')
  assert.equal(fixers('insufficient-scope', 'a is not among b; the client has it, but requested this token without it'), 'you')
  assert.equal(fixers('insufficient-scope', 'a is not among b'), 'provider')
  assert.deepEqual(
    [fixers('requestor-unknown', ''), fixers('guard-outdated', ''), fixers('of-a-later-version', '')],
    ['you', 'provider', 'provider'],
  )
})
