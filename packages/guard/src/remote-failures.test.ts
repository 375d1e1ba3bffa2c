// Answers that are of no use, about one client and about all.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anEntitlementDocument, clientId, listOf, organizationId, partnerId } from './guard.fixture.ts'
import { changesUrl, entitlementUrl, json } from './remote.fixture.ts'
import { anId, aSource, down, ofClient } from './remote-entitlements.fixture.ts'

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
