import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { refusalOf } from '../../test/console.fixture.ts'
import { aPerson } from '../../test/people.fixture.ts'
import { aReader, confirmBy, realm, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer } from '../../test/test-server.fixture.ts'

suite('access requests in the portal', () => {
  const shared = shareTestServer(withPortal)

  async function anIntegrator() {
    const server = shared()
    const reader = await aReader(server, { scopes: ['profile'] })
    const place = { realm, organization: reader.client.slug }
    return { server, ...reader, place }
  }

  test('a client asks, sees the answer, and withdraws what it asked for', async () => {
    const { server, browser, place, client } = await anIntegrator()
    const ask = (what: string) =>
      browser.call('accessRequests.create', { params: place, body: { kind: 'partner', what, note: 'A seller' } })
    const [one, two] = [(await ask(randomUUID())).json(), (await ask(randomUUID())).json()]
    assert.deepEqual([one.state, one.askedBy], ['open', client.clientId])
    const answer = { params: { ...place, accessRequest: one.id }, body: { answer: 'Not in this contract' } }
    await server.admin('accessRequests.decline', answer)
    const withdrawn = await browser.call('accessRequests.withdraw', { params: { ...place, accessRequest: two.id }, body: {} })
    assert.equal(withdrawn.statusCode, 200, withdrawn.body)
    const { items } = (await browser.call('accessRequests.ofOrganization', { params: place })).json()
    assert.deepEqual(
      items.map(({ id, state, answer: said }: { id: string; state: string; answer: string | null }) => [id, state, said]).toSorted(),
      [
        [one.id, 'declined', 'Not in this contract'],
        [two.id, 'withdrawn', null],
      ].toSorted(),
    )
    const { items: events } = await server.admin('audit.search', { params: {}, query: { realm, kind: 'accessRequests.create', limit: 1 } })
    assert.deepEqual([events[0]!.actor?.id, events[0]!.actor?.via], [client.clientId, 'portal'])
  })

  test('a session of a client leaves room for people to ask', async () => {
    const { server, browser, place, client } = await anIntegrator()
    const person = await aPerson(server, 'developer', { slug: client.slug, organizationId: client.organizationId })
    const askIn = (one: typeof browser) => {
      server.clock.advance(100)
      return one.call('accessRequests.create', { params: place, body: { kind: 'partner', what: randomUUID() } })
    }
    for (let time = 0; time < 10; time++) assert.equal((await askIn(browser)).statusCode, 201)
    assert.deepEqual(refusalOf(await askIn(browser)), [409, 'conflict'])
    assert.equal((await askIn(person.browser)).statusCode, 201)
  })

  test('abuse 147: whether a partner exists is not told', async () => {
    const { server, browser, place } = await anIntegrator()
    const [known, unknown] = [randomUUID(), randomUUID()]
    await server.admin('partners.register', { params: { realm, partner: known }, body: { name: 'Alder Retail' } })
    const bodies = []
    for (const what of [known, unknown]) {
      const response = await browser.call('accessRequests.create', { params: place, body: { kind: 'partner', what } })
      assert.equal(response.statusCode, 201, response.body)
      const { id } = response.json()
      bodies.push(response.body.replaceAll(id, 'ID').replaceAll(what, 'PARTNER'))
    }
    assert.equal(bodies[0], bodies[1])
  })

  test('abuse 147: a session of a client sees no other client, and no name of a colleague', async () => {
    const { server, browser, place, client } = await anIntegrator()
    const body = { organization: client.slug, name: 'Second', clientId: `${client.slug}-second`, scopes: ['profile'] }
    const { client: second } = await server.admin('clients.create', { params: { realm }, body })
    const asked = { kind: 'scope', what: 'orders:read', client: second.clientId } as const
    const foreign = await browser.call('accessRequests.create', { params: place, body: asked })
    const unknown = await browser.call('accessRequests.create', { params: place, body: { ...asked, client: 'no-such-client' } })
    for (const response of [foreign, unknown]) assert.deepEqual(refusalOf(response), [404, 'not-found'])
    assert.equal(foreign.json().detail, unknown.json().detail)
    const theirs = await server.admin('accessRequests.create', { params: place, body: asked })
    const named = await server.admin('accessRequests.create', { params: place, body: { kind: 'client', what: 'Returns' } })
    await server.database.query(`update access_requests set asked_by = 'Mia Wong' where id = ?`, named.id)
    const list = await browser.call('accessRequests.ofOrganization', { params: place })
    assert.deepEqual(
      list.json().items.map(({ what, askedBy }: { what: string; askedBy: string }) => [what, askedBy]),
      [['Returns', 'a colleague']],
    )
    const activity = await browser.call('activity.list', { params: place })
    assert.equal(activity.statusCode, 200, activity.body)
    for (const { body: text } of [list, activity]) assert.ok(!text.includes(second.clientId) && !text.includes('Mia Wong'), text)
    const withdrawn = await browser.call('accessRequests.withdraw', { params: { ...place, accessRequest: theirs.id }, body: {} })
    assert.deepEqual(refusalOf(withdrawn), [403, 'insufficient-scope'])
  })

  test('abuse 146: no request is answered in the portal, and a session of a client creates no other client', async () => {
    const { server, browser, place, client } = await anIntegrator()
    const request = (await browser.call('accessRequests.create', { params: place, body: { kind: 'client', what: 'Returns' } })).json()
    const params = { ...place, accessRequest: request.id }
    assert.deepEqual(refusalOf(await browser.call('accessRequests.approve', { params, body: {} })), [404, 'not-found'])
    assert.deepEqual(refusalOf(await browser.call('accessRequests.decline', { params, body: { answer: 'No' } })), [404, 'not-found'])
    await server.admin('accessRequests.approve', { params, body: {} })
    await confirmBy(browser, client.clientSecret)
    assert.deepEqual(refusalOf(await browser.call('accessRequests.makeClient', { params, body: {} })), [403, 'insufficient-scope'])
    server.clock.advance(16 * 60_000)
    assert.deepEqual(refusalOf(await browser.call('accessRequests.makeClient', { params, body: {} })), [403, 'sign-in-again'])
  })

  test('abuse 147: the activity of an organization has no operator, no reason, and nothing of others', async () => {
    const { server, browser, place, client, params } = await anIntegrator()
    const secret = 'zz-operator'
    const made = await server.admin('clients.create', {
      params: { realm: 'operators' },
      body: {
        organization: 'operators',
        clientId: `${secret}-${client.slug}`,
        name: secret,
        scopes: ['organizations:read', 'organizations:write', 'clients:read', 'clients:write', 'secrets:write', 'audit:read'],
      },
    })
    const operator = { clientId: made.client.clientId, clientSecret: made.clientSecret! }
    const reason = `asked by ${secret}`
    const other = await server.aClient(realm)
    const partner = randomUUID()
    const capability = { ...place, capability: 'allowMarketplaceLedKyc' }
    await server.requestAdmin('partners.authorize', { params: { ...place, partner }, body: { name: 'Alder', reason } }, operator)
    await server.requestAdmin('capabilities.set', { params: capability, body: { value: true, reason } }, operator)
    await server.requestAdmin('dpa.accept', { params: place, body: { version: '2026-01', acceptedBy: secret, reason } }, operator)
    await server.requestAdmin('organizations.cutTokens', { params: { realm, organization: other.slug }, body: { reason } }, operator)
    await confirmBy(browser, client.clientSecret)
    assert.equal((await browser.call('rotation.start', { params, body: {} })).statusCode, 201)
    const response = await browser.call('activity.list', { params: place })
    const { items } = response.json()
    assert.deepEqual(
      items.map(({ kind, by, name, detail }: { kind: string; by: string; name?: string; detail: object }) => [
        kind,
        by,
        name,
        Object.keys(detail),
      ]),
      [
        ['rotation.start', 'client', client.clientId, ['windowEndsAt']],
        ['dpa.accept', 'provider', undefined, ['version']],
        ['capabilities.set', 'provider', undefined, ['capability', 'value']],
        ['partners.authorize', 'provider', undefined, ['partner']],
        ['clients.create', 'provider', undefined, ['scopes']],
        ['organizations.create', 'provider', undefined, ['name']],
      ],
    )
    for (const hidden of [secret, reason, other.slug, server.operator.clientId]) assert.ok(!response.body.includes(hidden), hidden)
    const { items: ofOperators } = await server.admin('activity.list', { params: place })
    assert.deepEqual([ofOperators[1]!.name, ofOperators.at(-1)!.name], [operator.clientId, server.operator.clientId])
    assert.ok(!JSON.stringify(ofOperators).includes(reason))
  })

  test('activity is read in pages', async () => {
    const { server, browser, place } = await anIntegrator()
    for (const value of [true, false, true]) {
      const params = { ...place, capability: 'allowMarketplaceLedKyc' }
      await server.admin('capabilities.set', { params, body: { value } })
    }
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = (
        await browser.call('activity.list', { params: place, query: { limit: 2, ...(after !== undefined && { after }) } })
      ).json()
      seen.push(...page.items.map(({ kind }: { kind: string }) => kind))
      after = page.next ?? undefined
    } while (after !== undefined)
    assert.deepEqual(seen, [...Array<string>(3).fill('capabilities.set'), 'clients.create', 'organizations.create'])
    const wrong = await browser.call('activity.list', { params: place, query: { after: 'x' } })
    assert.deepEqual(refusalOf(wrong), [400, 'invalid-request'])
  })
})
