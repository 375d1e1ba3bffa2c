// What a remote guard asks for, and how often.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientId, organizationId, partnerId } from './guard.fixture.ts'
import { aGate, changesUrl, entitlementUrl } from './remote.fixture.ts'
import { aLargeOrganization, anId, aSource, names, ofClient } from './remote-entitlements.fixture.ts'

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
