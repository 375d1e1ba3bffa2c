// What a remote guard reads again after changes in its realm.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anEntitlementDocument, clientId, organizationId } from './guard.fixture.ts'
import { aGate, changesUrl, entitlementUrl, json } from './remote.fixture.ts'
import { anId, aSource, names, ofClient, settled } from './remote-entitlements.fixture.ts'

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

test('a document of another state decides once and is not remembered', async () => {
  const { find, realm, requests, server } = aSource()
  realm.change('rights', organizationId)
  await find('client-1')
  requests()
  server.answer(entitlementUrl, () => json(anEntitlementDocument({ asOf: { revision: 2, state: 'state-0', ageSeconds: 0 } })))
  assert.ok(await find())
  assert.ok(await find())
  assert.deepEqual(requests(), [ofClient, ofClient])
  server.answer(entitlementUrl, realm.answerEntitlement)
  await find()
  await find()
  assert.deepEqual(requests(), [ofClient])
})

test('a document older than what the guard knows, as of a node that is behind, decides nothing', async () => {
  const { find, realm, requests, server } = aSource()
  realm.change('client', organizationId, clientId)
  await find('client-1')
  requests()
  const old = () => json(anEntitlementDocument({ asOf: { revision: 1, state: 'state-1', ageSeconds: 0 } }))
  let answers = 0
  server.answer(entitlementUrl, (request) => (answers++ < 2 ? old() : realm.answerEntitlement(request)))
  assert.ok(await find())
  assert.deepEqual(requests(), [ofClient, ofClient, ofClient])
  assert.equal(server.requests.at(-1)?.headers.get('last-event-id'), '2 state-1')
  realm.change('client', organizationId, clientId)
  server.answer(entitlementUrl, old)
  await assert.rejects(find('client-2'), { fault: 'server' })
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
