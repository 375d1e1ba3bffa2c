import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import type { OperationInput } from '@countersign/admin'
import { refusalOf } from '../../test/console.fixture.ts'
import { shareTestServer, startTestServer, type TestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const dayMs = 86_400_000

type Asked = OperationInput<'accessRequests.create'>['body']

async function anAsker(server: TestServer, client: Parameters<TestServer['aClient']>[1] = {}) {
  const asker = await server.aClient(realm, client)
  const place = { realm, organization: asker.slug }
  const tryAsking = (body: Asked) => server.requestAdmin('accessRequests.create', { params: place, body })
  const ask = (body: Asked) => server.admin('accessRequests.create', { params: place, body })
  const ofRequest = ({ id }: { id: string }) => ({ ...place, accessRequest: id })
  const events = async () => {
    const query = { organization: asker.organizationId, changes: 'true' } as const
    return (await server.admin('audit.search', { params: {}, query })).items.toReversed()
  }
  return { ...asker, place, tryAsking, ask, ofRequest, events }
}

suite('access requests', () => {
  const shared = shareTestServer()

  test('an approved partner is authorized in the same transaction, and its event names the request', async () => {
    const server = shared()
    const { place, ask, ofRequest, events, slug } = await anAsker(server)
    const partner = randomUUID()
    const request = await ask({ kind: 'partner', what: partner, note: 'A new seller' })
    assert.deepEqual(
      [request.state, request.note, request.askedBy, request.answer, request.answeredAt],
      ['open', 'A new seller', 'the provider', null, null],
    )
    const unnamed = await server.requestAdmin('accessRequests.approve', { params: ofRequest(request), body: {} })
    assert.deepEqual([...refusalOf(unnamed), unnamed.json().errors[0].pointer], [400, 'invalid-request', '/name'])
    const approved = await server.admin('accessRequests.approve', {
      params: ofRequest(request),
      body: { name: 'Alder Retail', answer: 'From Monday on', reason: 'ticket 4711' },
    })
    assert.deepEqual([approved.state, approved.answer], ['approved', 'From Monday on'])
    const { items } = await server.admin('partners.ofOrganization', { params: place })
    assert.deepEqual(items, [{ id: partner, name: 'Alder Retail' }])
    const made = (await events()).filter(({ kind }) => kind !== 'organizations.create' && kind !== 'clients.create')
    assert.deepEqual(
      made.map(({ kind, detail }) => [kind, detail['accessRequest'], detail['reason']]),
      [
        ['accessRequests.create', request.id, undefined],
        ['accessRequests.approve', request.id, 'ticket 4711'],
        ['partners.authorize', request.id, 'ticket 4711'],
      ],
    )
    assert.deepEqual([made[1]!.detail['what'], made[1]!.detail['answer'], made[2]!.detail['partner']], [partner, 'From Monday on', partner])
    assert.equal((await server.admin('accessRequests.list', { params: { realm }, query: { organization: slug } })).items.length, 1)
  })

  test('an approved capability is set, and an approved scope is added to those of the client', async () => {
    const server = shared()
    const { ask, place, ofRequest, clientId } = await anAsker(server, { scopes: ['profile'] })
    const capability = await ask({ kind: 'capability', what: 'allowMarketplaceLedKyc' })
    const scope = await ask({ kind: 'scope', what: 'orders:read', client: clientId })
    for (const one of [capability, scope]) await server.admin('accessRequests.approve', { params: ofRequest(one), body: {} })
    assert.deepEqual((await server.admin('organizations.get', { params: place })).capabilities, { allowMarketplaceLedKyc: true })
    assert.deepEqual((await server.admin('clients.get', { params: { realm, client: clientId } })).scopes, ['profile', 'orders:read'])
  })

  test('what cannot be done is not approved: nothing changes, and the request stays open', async () => {
    const server = shared()
    const { ask, place, ofRequest, clientId, slug } = await anAsker(server, { scopes: ['profile'] })
    const scope = await ask({ kind: 'scope', what: 'orders:read', client: clientId })
    const capability = await ask({ kind: 'capability', what: 'allowMarketplaceLedKyc' })
    await server.admin('clients.delete', { params: { realm, client: clientId } })
    const approve = (one: { id: string }, body = {}) => server.requestAdmin('accessRequests.approve', { params: ofRequest(one), body })
    assert.deepEqual(refusalOf(await approve(scope)), [404, 'not-found'])
    const other = await anAsker(server)
    await server.admin('clients.create', { params: { realm }, body: { organization: other.slug, name: 'Other', clientId } })
    assert.deepEqual(refusalOf(await approve(scope)), [409, 'conflict'])
    assert.deepEqual(refusalOf(await approve(capability, { name: 'Alder' })), [400, 'invalid-request'])
    const { items } = await server.admin('accessRequests.ofOrganization', { params: place })
    assert.deepEqual(
      items.map(({ state }) => state),
      ['open', 'open'],
    )
    assert.deepEqual((await server.admin('organizations.get', { params: { realm, organization: slug } })).capabilities, {})
    assert.deepEqual((await server.admin('clients.get', { params: { realm, client: clientId } })).scopes, ['profile', 'email'])
  })

  test('a request is answered once: approved, declined or withdrawn', async () => {
    const server = shared()
    const { ask, ofRequest } = await anAsker(server)
    const request = await ask({ kind: 'client', what: 'Returns' })
    const params = ofRequest(request)
    const answers = await Promise.all([
      server.requestAdmin('accessRequests.approve', { params, body: {} }),
      server.requestAdmin('accessRequests.decline', { params, body: { answer: 'No' } }),
      server.requestAdmin('accessRequests.withdraw', { params, body: {} }),
    ])
    assert.deepEqual(answers.map(({ statusCode }) => statusCode).toSorted(), [200, 409, 409])
    const unknown = await server.requestAdmin('accessRequests.decline', {
      params: { ...params, accessRequest: randomUUID() },
      body: { answer: 'No' },
    })
    assert.deepEqual(refusalOf(unknown), [404, 'not-found'])
    const foreign = await anAsker(server)
    const elsewhere = { ...params, organization: foreign.slug }
    assert.deepEqual(refusalOf(await server.requestAdmin('accessRequests.withdraw', { params: elsewhere, body: {} })), [404, 'not-found'])
  })

  test('an approved client is created once, with the default scopes, and its secret is shown once', async () => {
    const server = shared()
    const { ask, ofRequest, slug, place, events } = await anAsker(server)
    const request = await ask({ kind: 'client', what: 'Returns & Service' })
    const make = (key: string) =>
      server.request({
        method: 'POST',
        url: `/admin/v1/realms/${realm}/organizations/${slug}/access-requests/${request.id}/client`,
        headers: { authorization: token, 'idempotency-key': key },
        payload: {},
      })
    const token = `Bearer ${await server.tokenOf('operators', server.operator)}`
    assert.deepEqual(refusalOf(await make('early')), [409, 'conflict'])
    await server.admin('accessRequests.approve', { params: ofRequest(request), body: {} })
    const [one, two] = await Promise.all([make('one'), make('two')])
    const [made, refused] = one.statusCode === 201 ? [one, two] : [two, one]
    assert.deepEqual([made.statusCode, ...refusalOf(refused)], [201, 409, 'conflict'])
    const { clientId, clientSecret, name, scopes } = made.json()
    assert.deepEqual([clientId, name, scopes], [`api-client-${slug}-returns-service`, 'Returns & Service', ['profile', 'email']])
    await server.tokenOf(realm, { clientId, clientSecret })
    const again = await make(one.statusCode === 201 ? 'one' : 'two')
    assert.deepEqual([again.statusCode, again.json().clientId, again.json().clientSecret], [201, clientId, null])
    const [done] = (await server.admin('accessRequests.ofOrganization', { params: place })).items
    assert.deepEqual([done!.state, done!.client], ['done', clientId])
    assert.deepEqual(
      (await events()).slice(-2).map(({ kind, clientId: client, detail }) => [kind, client, detail['accessRequest']]),
      [
        ['accessRequests.makeClient', null, request.id],
        ['clients.create', clientId, request.id],
      ],
    )
    assert.ok(!JSON.stringify(await events()).includes(clientSecret.slice(4, 30)))
  })

  test('two clients of one name get ids of their own, and a name in another script gets one as well', async () => {
    const server = shared()
    const { ask, ofRequest, slug } = await anAsker(server)
    const make = async (what: string) => {
      const request = await ask({ kind: 'client', what })
      await server.admin('accessRequests.approve', { params: ofRequest(request), body: {} })
      return (await server.admin('accessRequests.makeClient', { params: ofRequest(request), body: {} })).clientId
    }
    const ids = [await make('Returns'), await make('Returns'), await make('注文'), await make('Zürich – Ünï '.trim())]
    const first = `api-client-${slug}`
    assert.deepEqual(ids, [`${first}-returns`, `${first}-returns-2`, `${first}-2`, `${first}-zu-rich-u-ni`])
  })

  const refused: [what: string, body: Asked, pointer: string][] = [
    ['a partner that is no id', { kind: 'partner', what: 'Alder Retail' }, '/what'],
    ['a partner with upper case', { kind: 'partner', what: randomUUID().toUpperCase() }, '/what'],
    ['a capability that the realm does not have', { kind: 'capability', what: 'freeLunch' }, '/what'],
    ['a capability that is a choice', { kind: 'capability', what: 'rateLimitTier' }, '/what'],
    ['a capability of every object', { kind: 'capability', what: 'constructor' }, '/what'],
    ['a scope without a client', { kind: 'scope', what: 'orders:read' }, '/client'],
    ['a client of its own with a client', { kind: 'client', what: 'New', client: 'api-client-acme' }, '/client'],
    ['what cannot be seen', { kind: 'client', what: 'a\u202eb' }, '/what'],
    ['a note with a line end', { kind: 'client', what: 'New', note: 'a\nb' }, '/note'],
    ['a note that is too long', { kind: 'client', what: 'New', note: 'x'.repeat(501) }, '/note'],
  ]
  for (const [what, body, pointer] of refused)
    test(`${what} is refused`, async () => {
      const { tryAsking } = await anAsker(shared())
      const response = await tryAsking(body)
      assert.deepEqual([...refusalOf(response), response.json().errors[0].pointer], [400, 'invalid-request', pointer])
    })

  test('a scope for guards, and a client of another organization, cannot be asked for', async () => {
    const server = shared()
    const [{ tryAsking, clientId }, other] = [await anAsker(server), await anAsker(server)]
    for (const [what, client] of [
      ['entitlements:read', clientId],
      ['decisions:write', clientId],
      ['orders:read', other.clientId],
      ['orders:read', 'no-such-client'],
    ] as const)
      assert.deepEqual(refusalOf(await tryAsking({ kind: 'scope', what, client })), [400, 'invalid-request'])
  })

  test('abuse 146: in the realm of the operators there are no requests, by which scopes of operators could be given', async () => {
    const { requestAdmin, operator } = shared()
    const response = await requestAdmin('accessRequests.create', {
      params: { realm: 'operators', organization: 'operators' },
      body: { kind: 'scope', what: 'keys:write', client: operator.clientId },
    })
    assert.deepEqual(refusalOf(response), [400, 'invalid-request'])
  })

  test('what the organization has, or has asked for already, is not asked for again', async () => {
    const server = shared()
    const { place, tryAsking, clientId, ask, ofRequest } = await anAsker(server, { scopes: ['profile'] })
    const partner = randomUUID()
    await server.admin('partners.authorize', { params: { ...place, partner }, body: { name: 'Birch' } })
    await server.admin('capabilities.set', { params: { ...place, capability: 'allowMarketplaceLedKyc' }, body: { value: true } })
    const has: Asked[] = [
      { kind: 'partner', what: partner },
      { kind: 'capability', what: 'allowMarketplaceLedKyc' },
      { kind: 'scope', what: 'profile', client: clientId },
    ]
    for (const body of has) assert.deepEqual(refusalOf(await tryAsking(body)), [409, 'conflict'], JSON.stringify(body))
    const body: Asked = { kind: 'scope', what: 'orders:read', client: clientId }
    const first = await ask(body)
    assert.deepEqual(refusalOf(await tryAsking(body)), [409, 'conflict'])
    await server.admin('accessRequests.withdraw', { params: ofRequest(first), body: {} })
    await ask(body)
  })

  test('an organization has at most 20 open requests, and asks at most 50 times a day; old ones are forgotten', async () => {
    const server = shared()
    const { tryAsking, ask, organizationId, place } = await anAsker(server)
    const insert = (count: number, state: string, askedAt: (index: number) => number) => {
      const row = (index: number) =>
        `('${randomUUID()}', '${organizationId}', 'client', '${state} ${index}', '', '${state}', 'x', ${askedAt(index)}, null)`
      const rows = Array.from({ length: count }, (_, index) => row(index)).join(', ')
      const columns = 'id, organization_id, kind, what, note, state, asked_by, asked_at, answered_at'
      return server.database.query(`insert into access_requests (${columns}) values ${rows}`)
    }
    const refusedBecause = async () => {
      const response = await tryAsking({ kind: 'partner', what: randomUUID() })
      assert.deepEqual(refusalOf(response), [409, 'conflict'])
      return response.json().detail as string
    }
    await insert(20, 'open', () => server.clock.now())
    assert.match(await refusedBecause(), /20 open/)
    await server.database.query(`update access_requests set state = 'withdrawn' where organization_id = ?`, organizationId)
    await insert(30, 'withdrawn', () => server.clock.now())
    assert.match(await refusedBecause(), /50 times/)
    await insert(190, 'declined', (index) => index)
    await insert(3, 'approved', (index) => index)
    server.clock.advance(dayMs + 1)
    await ask({ kind: 'partner', what: randomUUID() })
    const { items } = await server.admin('accessRequests.ofOrganization', { params: place, query: { limit: 200 } })
    assert.equal(items[0]!.state, 'open')
    const rows = await server.database.query<{ state: string; what: string }>(
      'select state, what from access_requests where organization_id = ? order by asked_at',
      organizationId,
    )
    assert.deepEqual(
      ['open', 'approved', 'withdrawn', 'declined'].map((one) => rows.filter(({ state }) => state === one).length),
      [1, 3, 50, 150],
    )
    assert.equal(rows.find(({ state }) => state === 'declined')!.what, 'declined 40')
  })

  test('with If-Match a change applies to that version of the organization only', async () => {
    const server = shared()
    const { ask, ofRequest, place } = await anAsker(server)
    const request = await ask({ kind: 'capability', what: 'allowMarketplaceLedKyc' })
    const { version } = await server.admin('organizations.get', { params: place })
    const { organization, accessRequest } = ofRequest(request)
    const approve = async (ifMatch: number) =>
      server.request({
        method: 'POST',
        url: `/admin/v1/realms/${realm}/organizations/${organization}/access-requests/${accessRequest}/approve`,
        headers: { authorization: `Bearer ${await server.tokenOf('operators', server.operator)}`, 'if-match': `"${ifMatch}"` },
        payload: {},
      })
    assert.equal((await approve(version + 1)).statusCode, 412)
    assert.equal((await approve(version)).statusCode, 200)
  })
})

test('abuse 146: who may not change clients approves neither a scope nor a client', async () => {
  const server = await startTestServer()
  const { ask, ofRequest, clientId } = await anAsker(server, { scopes: ['profile'] })
  const body = { organization: 'operators', clientId: 'of-organizations', name: 'x', scopes: ['organizations:read', 'organizations:write'] }
  const { clientSecret } = await server.admin('clients.create', { params: { realm: 'operators' }, body })
  const credentials = { clientId: 'of-organizations', clientSecret: clientSecret! }
  const approve = (one: { id: string }) => server.requestAdmin('accessRequests.approve', { params: ofRequest(one), body: {} }, credentials)
  for (const asked of [
    { kind: 'scope', what: 'orders:read', client: clientId },
    { kind: 'client', what: 'Returns' },
  ] as const) {
    const request = await ask(asked)
    assert.deepEqual(refusalOf(await approve(request)), [403, 'insufficient-scope'])
    const made = await server.requestAdmin('accessRequests.makeClient', { params: ofRequest(request), body: {} }, credentials)
    assert.deepEqual(refusalOf(made), [403, 'insufficient-scope'])
  }
  assert.equal((await approve(await ask({ kind: 'capability', what: 'allowMarketplaceLedKyc' }))).statusCode, 200)
})

test('requests of a realm are listed open ones first, oldest first, in pages, and the summary has the oldest', async () => {
  const server = await startTestServer()
  const [one, two] = [await anAsker(server, { slug: 'one' }), await anAsker(server, { slug: 'two' })]
  const asked = []
  for (let index = 0; index < 6; index++) {
    server.clock.advance(1000)
    asked.push(await (index % 2 === 0 ? one : two).ask({ kind: 'client', what: `Client ${index}` }))
  }
  await server.admin('accessRequests.decline', { params: one.ofRequest(asked[0]!), body: { answer: 'No' } })
  await server.admin('accessRequests.approve', { params: two.ofRequest(asked[3]!), body: {} })
  const expected = ['Client 1', 'Client 2', 'Client 4', 'Client 5', 'Client 0', 'Client 3']
  for (const limit of [1, 2, 3, 4, 5, 6, 50]) {
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await server.admin('accessRequests.list', { params: { realm }, query: { limit, ...(after !== undefined && { after }) } })
      seen.push(...page.items.map(({ what }) => what))
      after = page.next ?? undefined
    } while (after !== undefined)
    assert.deepEqual(seen, expected, `in pages of ${limit}`)
  }
  const list = async (query: OperationInput<'accessRequests.list'>['query']) =>
    (await server.admin('accessRequests.list', { params: { realm }, query })).items.map(
      ({ what, organization }) => `${organization.slug} ${what}`,
    )
  assert.deepEqual(await list({ state: 'open', organization: 'two' }), ['two Client 1', 'two Client 5'])
  assert.deepEqual(await list({ state: 'declined' }), ['one Client 0'])
  assert.deepEqual((await server.admin('accessRequests.list', { params: { realm: 'prod' } })).items, [])
  const wrong = await server.requestAdmin('accessRequests.list', { params: { realm }, query: { after: 'bm9uc2Vuc2U' } })
  assert.deepEqual(refusalOf(wrong), [400, 'invalid-request'])

  const { counts, attention } = await server.admin('realms.summary', { params: { realm } })
  const item = attention.find(({ kind }) => kind === 'access-request')
  assert.deepEqual(
    [counts.requestsOpen, item!.count, item!.organization!.slug, item!.reason, item!.since],
    [4, 4, 'two', 'client', asked[1]!.askedAt],
  )
})
