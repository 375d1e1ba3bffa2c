// Partners of organizations that have too many to be listed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientId, organizationId, partnerId } from './guard.fixture.ts'
import { aGate, entitlementUrl } from './remote.fixture.ts'
import { aLargeOrganization, anId, aSource, names, settled } from './remote-entitlements.fixture.ts'

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
