import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VerifiedToken } from './claims.ts'
import { aClock, anEntitlementDocument, audience, clientId, issuer, listOf, organizationId, partnerId } from './guard.fixture.ts'
import { aGate, aRemoteServer, changesUrl, entitlementUrl, json } from './remote.fixture.ts'
import { createRemoteEntitlements } from './remote-entitlements.ts'

function aSource({ freshSeconds = 5, maxAgeSeconds = 300, random = () => 0 } = {}) {
  const clock = aClock()
  const server = aRemoteServer()
  const alarms: string[] = []
  const entitlements = createRemoteEntitlements({
    issuer,
    audience,
    fetch: server.fetch,
    freshSeconds,
    maxAgeSeconds,
    clock: clock.steady,
    random,
    onError: (error) => alarms.push(error.message),
  })
  /** By a client of the organization, and a partner that the decision is about. */
  const find = async (client: string = clientId, partner?: string, organization: string | undefined = organizationId) =>
    entitlements.find({ clientId: client, organizationId: organization } as VerifiedToken, partner ? { partnerId: partner } : undefined)
  let before = 0
  /** The requests since the last call. */
  const requests = () => {
    const since = server.requests.slice(before)
    before = server.requests.length
    return since.map(({ url }) => url.slice(`${issuer}/v1/`.length))
  }
  return { alarms, clock, server, realm: server.realm, find, requests }
}

/** The organization has more partners than its document lists. */
function aLargeOrganization(options: Parameters<typeof aSource>[0] = {}) {
  const source = aSource(options)
  source.realm.partnerIds = [partnerId]
  source.realm.organization = { partners: { total: 50_000 } }
  return source
}

const down = () => new Response(null, { status: 503 })
const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
const anId = (index: number) => `5f0d2c4e-8a61-4c37-b7d9-${String(index).padStart(12, '0')}`
const names = (count: number) => Array.from({ length: count }, (_, index) => `client-${index}`)
const ofClient = `entitlement?client_id=${clientId}`

// What is read

test('fault 5.1: the first decision reads the client and the place in the history at the same time', async () => {
  const { find, realm, server, requests } = aLargeOrganization()
  const gate = aGate()
  server.answer(changesUrl, async (request) => (await gate.opened, realm.answerChanges(request)))
  server.answer(entitlementUrl, (request) => (gate.open(), realm.answerEntitlement(request)))
  const entitlement = await find(clientId, partnerId)
  assert.equal(entitlement?.organization.partners.find(partnerId)?.name, 'Partner')
  assert.deepEqual(requests(), ['changes', `${ofClient}&partner=${partnerId}`])
})

test('fault 5.1: a new client takes one request, also one that asks about a partner while changes are due', async () => {
  const { clock, find, requests } = aLargeOrganization()
  await find()
  requests()
  await find('client-1', partnerId)
  assert.deepEqual(requests(), [`entitlement?client_id=client-1&partner=${partnerId}`])
  clock.advance(5)
  await find('client-2', anId(1))
  assert.deepEqual(requests(), ['changes?after=1+state-1', `entitlement?client_id=client-2&partner=${anId(1)}`])
})

test('concurrent callers share the requests', async () => {
  const { find, requests } = aSource()
  const found = await Promise.all(Array.from({ length: 100 }, () => find()))
  assert.deepEqual(requests(), ['changes', ofClient])
  assert.equal(new Set(found).size, 1)
})

test('fault 5.1: of 1,000 clients that stay in use, one request per interval asks what changed, and nothing else', async () => {
  const { clock, find, requests } = aSource()
  const clients = names(1000)
  for (const client of clients) await find(client)
  requests()
  for (let interval = 0; interval < 10; interval++) {
    clock.advance(5)
    const found = await Promise.all(clients.map((client) => find(client)))
    assert.ok(found.every((entitlement, index) => entitlement?.client.rights.clientId === clients[index]))
  }
  assert.deepEqual(requests(), Array(10).fill('changes?after=1+state-1'))
})

test('a remembered client gets the same object without waiting', async () => {
  const { find } = aSource()
  assert.equal(await find(), await find())
})

test('the organization is one object for all of its clients', async () => {
  const { find } = aSource()
  assert.equal((await find('client-1'))?.organization, (await find('client-2'))?.organization)
})

test('a client id cannot leave its parameter', async () => {
  const { find, requests } = aSource()
  const client = 'a/../b?x&client_id=c#d e'
  assert.equal((await find(client))?.client.rights.clientId, client)
  assert.equal(requests()[1], 'entitlement?client_id=a%2F..%2Fb%3Fx%26client_id%3Dc%23d+e')
})

test('a token without an organization is looked up by its client as well', async () => {
  const { find, requests } = aSource()
  await find(clientId, undefined, undefined)
  assert.equal(requests().length, 2)
})

// What changed

test('fault 5.1: a change of one client of many is read once, by that client alone', async () => {
  const { clock, find, realm, requests } = aSource()
  const clients = names(1000)
  for (const client of clients) await find(client)
  realm.client = (client) => ({ enabled: client !== 'client-7' })
  realm.change('client', organizationId, 'client-7')
  clock.advance(5)
  requests()
  const found = await Promise.all([...clients, ...clients].map((client) => find(client)))
  assert.deepEqual(requests(), ['changes?after=1+state-1', 'entitlement?client_id=client-7'])
  assert.equal(found.filter((entitlement) => !entitlement?.client.rights.enabled).length, 2)
})

test('fault 5.1: a change of the rights of an organization is read once for all of its clients', async () => {
  const { clock, find, realm, requests } = aSource()
  const clients = names(1000)
  for (const client of clients) await find(client)
  realm.organization = { status: 'suspended' }
  realm.change('rights', organizationId)
  clock.advance(5)
  requests()
  const found = await Promise.all(clients.map((client) => find(client)))
  assert.deepEqual(requests(), ['changes?after=1+state-1', 'entitlement?client_id=client-0'])
  assert.ok(found.every((entitlement) => entitlement?.organization.rights.status === 'suspended'))
})

test('fault 5.1: a change of another organization costs nothing but itself', async () => {
  const { clock, find, realm, requests } = aSource()
  await find()
  for (const what of ['rights', 'client', 'token', 'other']) realm.change(what, anId(9), what === 'rights' ? null : 'client-9')
  realm.change('keys', null)
  clock.advance(5)
  requests()
  await find()
  assert.deepEqual(requests(), ['changes?after=1+state-1'])
})

const changes: [name: string, what: string, organization: string | null, client: string | null, isRead: [boolean, boolean]][] = [
  ['of a token', 'token', organizationId, clientId, [true, false]],
  ['of a client without its organization', 'client', null, clientId, [true, false]],
  ['of some client of the organization', 'client', organizationId, null, [true, true]],
  ['of some client of the realm', 'client', null, null, [true, true]],
  ['of all organizations', 'rights', null, null, [true, true]],
  ['of a kind that a later server knows, about a client', 'other', organizationId, clientId, [true, false]],
  ['of a kind that a later server knows, about an organization', 'other', organizationId, null, [true, true]],
  ['of a kind that a later server knows, about the realm', 'other', null, null, [true, true]],
]
for (const [name, what, organization, client, isRead] of changes) {
  test(`a change ${name} makes the guard read what it is about`, async () => {
    const { clock, find, realm, requests } = aSource()
    await find()
    await find('client-1')
    realm.change(what, organization, client)
    clock.advance(5)
    requests()
    await find()
    await find('client-1')
    const expected = [clientId, 'client-1'].filter((_, index) => isRead[index]).map((id) => `entitlement?client_id=${id}`)
    assert.deepEqual(requests(), ['changes?after=1+state-1', ...expected])
  })
}

test('where changes are unknown or the state is another, everything is read again', async () => {
  for (const state of ['state-1', 'state-2']) {
    const { clock, find, realm, requests } = aSource()
    await find()
    realm.asOf = { revision: 5000, state, ageSeconds: 0 }
    if (state === 'state-1') realm.change = () => {}
    requests()
    clock.advance(5)
    realm.asOf = { ...realm.asOf, state: `${state}-other` }
    await find()
    await find()
    assert.deepEqual(requests(), ['changes?after=1+state-1', ofClient])
  }
})

test('after a restore of the server to an earlier revision, everything is read again', async () => {
  const { clock, find, realm, requests } = aSource()
  realm.change('keys', null)
  await find()
  realm.asOf = { ...realm.asOf, revision: 1 }
  realm.organization = { status: 'suspended' }
  clock.advance(5)
  requests()
  for (let i = 0; i < 2; i++) assert.equal((await find())?.organization.rights.status, 'suspended')
  assert.deepEqual(requests(), ['changes?after=2+state-1', ofClient])
})

test('a server that does not know the form of a cursor any more is asked without one', async () => {
  const { alarms, clock, find, realm, requests, server } = aSource()
  await find()
  server.answer(changesUrl, (request) => (request.url === changesUrl ? realm.answerChanges(request) : new Response(null, { status: 400 })))
  clock.advance(5)
  requests()
  assert.ok(await find())
  assert.deepEqual(requests(), ['changes?after=1+state-1', 'changes', ofClient])
  assert.deepEqual(alarms, [])
})

test('a document older than what the guard knows, or of another state, decides once and is not remembered', async () => {
  for (const asOf of [
    { revision: 1, state: 'state-1' },
    { revision: 2, state: 'state-0' },
  ]) {
    const { find, realm, requests, server } = aSource()
    realm.change('rights', organizationId)
    await find('client-1')
    requests()
    server.answer(entitlementUrl, () => json(anEntitlementDocument({ asOf: { ...asOf, ageSeconds: 0 } })))
    assert.ok(await find())
    assert.ok(await find())
    assert.deepEqual(requests(), [ofClient, ofClient])
    server.answer(entitlementUrl, realm.answerEntitlement)
    await find()
    await find()
    assert.deepEqual(requests(), [ofClient])
  }
})

test('a decision after a pull does not use a document that was requested before it', async () => {
  const { clock, find, realm, requests, server } = aSource()
  await find('client-1')
  const gate = aGate()
  server.answer(entitlementUrl, async (request) => {
    const answer = await realm.answerEntitlement(request)
    await gate.opened
    return answer
  })
  const early = find()
  await settled()
  realm.client = () => ({ enabled: false })
  realm.change('client', organizationId, clientId)
  clock.advance(5)
  await find('client-1')
  requests()
  server.answer(entitlementUrl, realm.answerEntitlement)
  assert.equal((await find())?.client.rights.enabled, false)
  assert.deepEqual(requests(), [ofClient])
  gate.open()
  assert.equal((await early)?.client.rights.enabled, true)
  assert.equal((await find())?.client.rights.enabled, false)
})

// Partners that are not listed

test('fault 5.1: the answer about a partner is remembered for all clients of the organization, a "no" too', async () => {
  const { find, requests } = aLargeOrganization()
  for (const [client, partner] of [
    ['client-1', partnerId],
    ['client-2', anId(2)],
  ] as const) {
    await find(client, partner)
  }
  requests()
  const found = [await find('client-2', partnerId), await find('client-1', anId(2))]
  assert.deepEqual(requests(), [])
  assert.equal(found[0]?.organization.partners.find(partnerId)?.id, partnerId)
  assert.equal(found[1]?.organization.partners.find(anId(2)), null)
})

test('fault 5.1: concurrent decisions about one partner, by any clients, are one request', async () => {
  const { find, requests } = aLargeOrganization()
  const clients = names(20)
  for (const client of clients) await find(client)
  requests()
  await Promise.all(clients.map((client) => find(client, partnerId)))
  assert.deepEqual(requests(), [`entitlement?client_id=client-0&partner=${partnerId}`])
})

test('fault 5.1: answers are forgotten when the rights of the organization change', async () => {
  const { clock, find, realm, requests } = aLargeOrganization()
  await find(clientId, partnerId)
  realm.partnerIds = []
  realm.change('rights', organizationId)
  clock.advance(5)
  requests()
  assert.equal((await find(clientId, partnerId))?.organization.partners.find(partnerId), null)
  assert.equal(requests().length, 2)
})

test('fault 5.1: a listed partner needs no request', async () => {
  const { find, requests } = aSource()
  await find()
  requests()
  assert.ok((await find(clientId, partnerId))?.organization.partners.find(partnerId))
  assert.equal((await find(clientId, anId(3)))?.organization.partners.find(anId(3)), null)
  assert.deepEqual(requests(), [])
})

test('fault 5.1: random partners of one organization are asked for eight at a time, and do not hold up another organization', async () => {
  const { find, realm, requests, server } = aLargeOrganization()
  await find()
  await find('other', undefined, anId(8))
  const gate = aGate()
  server.answer(entitlementUrl, async (request) => {
    if (request.url.includes(clientId)) await gate.opened
    return realm.answerEntitlement(request)
  })
  requests()
  const flood = Promise.allSettled(Array.from({ length: 1000 }, (_, index) => find(clientId, anId(index))))
  await settled()
  assert.equal(requests().length, 8)
  await find('other-2', partnerId, anId(8))
  assert.equal(requests().length, 1)
  gate.open()
  const refused = (await flood).filter(({ status }) => status === 'rejected')
  assert.equal(refused.length, 1000 - 8 - 256)
})

test('fault 5.1: unknown partners without end do not displace those that are known', async () => {
  const { find, requests } = aLargeOrganization({ freshSeconds: 3600, maxAgeSeconds: 3600 })
  await find(clientId, partnerId)
  for (let index = 0; index < 3000; index++) await find(clientId, anId(index))
  requests()
  await find(clientId, partnerId)
  assert.deepEqual(requests(), [])
})

// Failures

test('fault 9.11: what the server knew is used for the whole bound and no longer, counted from when the server knew it', async () => {
  const { alarms, clock, find, realm, server } = aSource()
  realm.asOf = { ...realm.asOf, ageSeconds: 19 }
  const before = await find()
  server.answer(changesUrl, down)
  server.answer(entitlementUrl, down)
  clock.advance(280.9)
  assert.equal(await find(), before)
  await settled()
  assert.equal(alarms.length, 1)
  clock.advance(0.1)
  await assert.rejects(find, /returned HTTP 503/)
})

test('fault 9.11: each pull that fails to reach the store of the server uses up the bound', async () => {
  const { clock, find, realm } = aSource({ maxAgeSeconds: 30 })
  for (let age = 0; age < 30; age += 5) {
    realm.asOf = { ...realm.asOf, ageSeconds: age }
    assert.ok(await find())
    clock.advance(5)
  }
  realm.asOf = { ...realm.asOf, ageSeconds: 30 }
  await assert.rejects(find, /has not reached its store for 30 s/)
})

test('fault 9.11: a document of a server that is cut off for longer than the bound decides nothing', async () => {
  const { find, server } = aSource({ maxAgeSeconds: 20 })
  const asOf = { revision: 1, state: 'state-1', ageSeconds: 20 }
  server.answer(entitlementUrl, () => json(anEntitlementDocument({ asOf })))
  await assert.rejects(find, /has not reached its store for 20 s/)
})

test('a pause of zero asks before each decision, and needs no server that is ahead of its store', async () => {
  const { find, realm, requests } = aSource({ freshSeconds: 0, maxAgeSeconds: 0 })
  realm.asOf = { ...realm.asOf, ageSeconds: 0.9 }
  await find()
  requests()
  assert.ok(await find())
  assert.equal(requests().filter((url) => url.startsWith('changes')).length, 1)
})

for (const [name, move] of [
  ['the clock was set back by an hour', (clock: ReturnType<typeof aClock>) => (clock.setBy(-3600), clock.advance(300))],
  ['the clock is set back again and again', (clock) => Array.from({ length: 300 }, () => (clock.advance(1), clock.setBy(-2)))],
  ['the machine was suspended', (clock) => clock.suspend(300)],
] as [string, (clock: ReturnType<typeof aClock>) => void][]) {
  test(`fault 9.12: rights that are too old decide nothing while the server is away, also if ${name}`, async () => {
    const { clock, find, server } = aSource()
    await find()
    server.answer(changesUrl, down)
    clock.advance(4)
    move(clock)
    await assert.rejects(find, /returned HTTP 503/)
  })
}

test('while the server is away, one decision in five seconds waits for it, and none after the first failure', async () => {
  const { clock, find, requests, server } = aSource()
  await find()
  server.answer(changesUrl, down)
  clock.advance(5)
  await find()
  const gate = aGate()
  server.answer(changesUrl, async () => (await gate.opened, down()))
  requests()
  for (let second = 0; second < 20; second++) {
    clock.advance(1)
    await Promise.all(Array.from({ length: 20 }, () => find()))
  }
  assert.equal(requests().length, 1)
  gate.open()
})

test('without a usable answer, the server is asked once a second, and the others fail at once', async () => {
  const { alarms, clock, find, requests, server } = aSource()
  server.answer(changesUrl, down)
  server.answer(entitlementUrl, down)
  for (let second = 0; second < 3; second++) {
    for (let index = 0; index < 50; index++) await assert.rejects(find)
    clock.advance(1)
  }
  assert.ok(requests().length <= 6)
  assert.ok(alarms.length <= 6)
})

test('a client whose document fails is asked for once a second, and does not affect others', async () => {
  const { clock, find, realm, requests, server } = aSource()
  await find('client-1')
  server.answer(entitlementUrl, (request) => (request.url.endsWith(clientId) ? down() : realm.answerEntitlement(request)))
  requests()
  for (let index = 0; index < 50; index++) await assert.rejects(find)
  assert.ok(await find('client-2'))
  assert.deepEqual(requests(), [ofClient, 'entitlement?client_id=client-2'])
  clock.advance(1)
  server.answer(entitlementUrl, realm.answerEntitlement)
  assert.ok(await find())
})

test('a client whose document fails does not fail the others of an organization whose rights changed', async () => {
  const { clock, find, realm, server } = aSource()
  const clients = [clientId, 'client-1', 'client-2']
  for (const client of clients) await find(client)
  realm.change('rights', organizationId)
  clock.advance(5)
  server.answer(entitlementUrl, (request) => (request.url.endsWith(clientId) ? down() : realm.answerEntitlement(request)))
  const found = await Promise.allSettled(clients.map((client) => find(client)))
  assert.deepEqual(
    found.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  )
})

test('a client that the realm does not know has no entitlement, and is not asked for with every request', async () => {
  const { clock, find, realm, requests } = aSource()
  realm.client = () => undefined
  assert.equal(await find(), undefined)
  assert.equal(await find(), undefined)
  assert.deepEqual(requests(), ['changes', ofClient])
  clock.advance(5)
  assert.equal(await find(), undefined)
  assert.deepEqual(requests(), ['changes?after=1+state-1', ofClient])
})

test('a client that is created is known with the next pull', async () => {
  const { clock, find, realm } = aSource({ freshSeconds: 2 })
  realm.client = () => undefined
  await find()
  clock.advance(1.5)
  await find('client-2')
  realm.client = () => ({})
  realm.change('client', organizationId, clientId)
  clock.advance(0.5)
  assert.ok(await find())
})

test('fault 5.1: a server of version 0.1.0 decides nothing, and the error says what to upgrade', async () => {
  const { find, server } = aSource()
  const missing = () => json({ title: 'Not found', status: 404 }, { status: 404 })
  for (const url of [changesUrl, entitlementUrl]) server.answer(url, missing)
  await assert.rejects(
    find,
    /needs a server later than version 0\.1\.0\. Upgrade the server first, or use version 0\.1\.0 of @countersign\/guard/,
  )
})

for (const status of [201, 204, 304, 400, 401, 403, 410, 429, 500, 503]) {
  test(`a response ${status} is a failure of the source, not of the token`, async () => {
    for (const url of [entitlementUrl, changesUrl]) {
      const { find, server } = aSource()
      server.answer(url, () => new Response(null, { status }))
      await assert.rejects(find, new RegExp(`returned HTTP ${status}`))
    }
  })
}

const wrongDocuments: [name: string, document: unknown, message: RegExp][] = [
  ['of the shape of version 0.1.0', { organization: {}, clients: [], partners: [] }, /not usable/],
  ['of another client', anEntitlementDocument({ client: { clientId: 'client-1' } }), /another client/],
  ['with a part of the partners', anEntitlementDocument({ organization: { partners: { total: 2 } } }), /does not tell about/],
  [
    'about another partner',
    anEntitlementDocument({ organization: { partners: { total: 2 } }, partner: { id: anId(1), name: 'x' } }),
    /does not tell about/,
  ],
  ['without a place in the history', { ...anEntitlementDocument(), asOf: undefined }, /not usable: "\/asOf"/],
  ['that is an array', [], /not usable/],
]
for (const [name, document, message] of wrongDocuments) {
  test(`a document ${name} is a failure of the source`, async () => {
    const { alarms, find, server } = aSource()
    server.answer(entitlementUrl, () => json(document))
    await assert.rejects(find(clientId, partnerId), message)
    assert.match(alarms.join(), message)
  })
}

test('a document of more than a megabyte is a failure of the source', async () => {
  const { find, server } = aSource()
  const partners = listOf(...Array.from({ length: 20_000 }, (_, index) => ({ id: anId(index), name: 'x' })))
  server.answer(entitlementUrl, () => json(anEntitlementDocument({ organization: { partners } })))
  await assert.rejects(find, { code: 'response_too_large' })
})

test('damaged changes keep what is known, until the bound', async () => {
  const { clock, find, server } = aSource()
  const before = await find()
  server.answer(changesUrl, () =>
    json({ asOf: { revision: 2, state: 'state-1', ageSeconds: 0 }, cursor: '2', changes: [{ what: 'rights' }] }),
  )
  clock.advance(299)
  assert.equal(await find(), before)
  clock.advance(1)
  await assert.rejects(find, { name: 'RemoteGuardError', message: /"\/changes\/0\/organizationId" is not a string/ })
})
