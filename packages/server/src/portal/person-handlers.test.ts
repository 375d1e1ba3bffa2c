// What a person sees of the clients of its organization at the portal, and nothing of others.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { refusalOf } from '../../test/console.fixture.ts'
import { aPersonWithSession } from '../../test/person.fixture.ts'
import { realm, tryToken, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'
import { aRefusal, aReport, aRequestId } from '../reports/report.fixture.ts'

suite('what a person sees at the portal', () => {
  const shared = shareTestServer(withPortal)

  /** Of an organization with two clients. */
  async function aViewer(server: TestServer, role: 'viewer' | 'developer' = 'developer') {
    const client = await server.aClient(realm)
    const body = { organization: client.slug, name: 'Second backend', clientId: `${client.slug}-second` }
    const created = await server.admin('clients.create', { params: { realm }, body })
    const second = { clientId: body.clientId, clientSecret: created.clientSecret! }
    const person = await aPersonWithSession(server, { realm, organizationId: client.organizationId, role })
    return { client, second, person, browser: person.browser, params: { realm } }
  }

  test('abuse 147: lists have the clients of the organization, and those of no other', async () => {
    const server = shared()
    const { client, second, browser, params } = await aViewer(server)
    const foreign = await server.aClient(realm)
    const { items, next } = (await browser.call('clients.list', { params, query: { with: 'standing' } })).json()
    assert.deepEqual(items.map(({ clientId }: { clientId: string }) => clientId).toSorted(), [client.clientId, second.clientId].toSorted())
    assert.equal(next, null)
    for (const query of [{ organization: client.slug }, { organization: client.organizationId }] as const)
      assert.equal((await browser.call('clients.list', { params, query })).json().items.length, 2)
    assert.deepEqual(refusalOf(await browser.call('clients.list', { params, query: { organization: foreign.slug } })), [404, 'not-found'])
  })

  test('abuse 147: usage and uses are those of the organization, also where a client of another one had the id before', async () => {
    const server = shared()
    const before = await server.aClient(realm, { clientId: 'reused-by-another' })
    for (let i = 0; i < 3; i++) await server.tokenOf(realm, before)
    await server.upkeep.writeUsage()
    await server.admin('clients.delete', { params: { realm, client: before.clientId } })
    const { client, second, browser, params } = await aViewer(server)
    const body = { organization: client.slug, name: 'Reused', clientId: before.clientId }
    const reused = await server.admin('clients.create', { params: { realm }, body })
    await server.tokenOf(realm, client)
    await server.tokenOf(realm, second)
    await server.tokenOf(realm, { clientId: before.clientId, clientSecret: reused.clientSecret! })
    await server.upkeep.writeUsage()
    for (const [query, total] of [
      [{}, 3],
      [{ client: second.clientId }, 1],
      [{ client: before.clientId }, 1],
    ] as const) {
      const usage = await browser.call('usage.series', { params, query })
      assert.deepEqual([usage.statusCode, usage.json().totals], [200, { tokens: total, calls: 0 }], usage.body)
      assert.ok(!usage.body.includes(before.slug))
      const uses = await browser.call('credentials.uses', { params, query })
      assert.deepEqual([uses.statusCode, uses.json().items.length], [200, total], uses.body)
    }
    const byClient = (await browser.call('usage.series', { params, query: { by: 'client' } })).json()
    const keys = byClient.series.map(({ key }: { key: string }) => key)
    assert.deepEqual(keys.toSorted(), [client.clientId, second.clientId, before.clientId].toSorted())
  })

  test('refusals are those of the organization with their client, in the terms of an integrator, and are explained', async () => {
    const server = shared()
    const { client, second, browser, params } = await aViewer(server, 'viewer')
    const foreign = await server.aClient(realm)
    const guard = await server.aClient(realm, { scopes: ['decisions:write'] })
    const ids = [aRequestId(), aRequestId(), aRequestId()]
    const at = server.clock.now()
    const refusals = [client, second, foreign].map(({ clientId }, index) => aRefusal({ requestId: ids[index]!, clientId, at }))
    const answer = await server.request({
      method: 'POST',
      url: '/realms/nt24-idp/v1/decisions',
      headers: { authorization: `Bearer ${await server.tokenOf(realm, guard)}` },
      payload: { ...aReport({ refusals }) },
    })
    assert.equal(answer.statusCode, 204, answer.body)
    await server.upkeep.writeRefusals()
    const list = await browser.call('refusals.list', { params })
    assert.deepEqual(
      list
        .json()
        .items.map(({ requestId, client: of, address }: Record<string, string>) => [requestId, of, address])
        .toSorted(),
      [
        [ids[0], client.clientId, '198.51.100.0/24'],
        [ids[1], second.clientId, '198.51.100.0/24'],
      ].toSorted(),
      list.body,
    )
    const ofSecond = await browser.call('refusals.list', { params, query: { client: second.clientId } })
    assert.deepEqual(
      ofSecond.json().items.map(({ requestId }: { requestId: string }) => requestId),
      [ids[1]],
    )
    const explained = await browser.call('requests.explain', { params: { request: ids[1]! } })
    const { id, clientId } = explained.json().request
    assert.deepEqual([explained.statusCode, id, clientId], [200, ids[1], second.clientId], explained.body)
    assert.ok(!`${list.body}${explained.body}`.includes(guard.clientId))
    const answers = [ids[2]!, aRequestId()].map((request) => browser.call('requests.explain', { params: { request } }))
    const [theirs, unknown] = (await Promise.all(answers)).map(({ body }) => body.replace(/urn:request:[\w-]+/, ''))
    assert.equal(theirs, unknown)
    for (const query of [{ reason: 'wrong-secret' }, { source: 'token' }] as const)
      assert.deepEqual(refusalOf(await browser.call('refusals.list', { params, query })), [400, 'invalid-request'])
  })

  test('a token is tried out for any client of the organization, and for no other', async () => {
    const server = shared()
    const { client, second, browser } = await aViewer(server)
    const foreign = await server.aClient(realm)
    for (const one of [client, second]) {
      const { clientId, clientSecret } = one
      const answer = await tryToken(browser, { clientId, clientSecret, scope: 'profile' })
      assert.equal(answer.statusCode, 200, answer.body)
      assert.ok((await server.requestToken(realm, tokenRequest(one))).statusCode === 200)
    }
    const { clientId, clientSecret } = foreign
    const unknown = await tryToken(browser, { clientId: 'no-such-client', clientSecret })
    const theirs = await tryToken(browser, { clientId, clientSecret })
    assert.deepEqual(
      [refusalOf(theirs), refusalOf(unknown)],
      [
        [404, 'not-found'],
        [404, 'not-found'],
      ],
    )
    assert.deepEqual(refusalOf(await tryToken(browser, { clientSecret })), [400, 'invalid-request'])
    const { browser: viewer } = await aPersonWithSession(server, { realm, organizationId: client.organizationId, role: 'viewer' })
    assert.deepEqual(refusalOf(await tryToken(viewer, { clientId: client.clientId, clientSecret: client.clientSecret })), [
      403,
      'insufficient-scope',
    ])
  })
})
