import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anEntitlementDocument, clientId, organizationId, partnerId } from './guard.fixture.ts'
import { createRememberedRights } from './remembered-rights.ts'

const asOf = { revision: 1, state: 'state-1', ageSeconds: 0 }

function given() {
  const remembered = createRememberedRights()
  remembered.follow({ asOf, cursor: '1', changes: null })
  const learn = (client: string, organization: string) =>
    remembered.learn(anEntitlementDocument({ organization: { id: organization }, client: { clientId: client } }), {})
  return { ...remembered, learn }
}

test('fault 5.1: of an organization with many clients, about 10,000 are remembered, and the last ones are among them', () => {
  const { find, learn } = given()
  const clients = Array.from({ length: 30_000 }, (_, index) => `client-${index}`)
  for (const client of clients) learn(client, organizationId)
  assert.ok(clients.slice(-5000).every((client) => find(client, undefined)))
  const known = clients.filter((client) => find(client, undefined)).length
  assert.ok(known <= 14_000, String(known))
})

test('a client of an organization that was evicted is read again: its changes would not be noticed', () => {
  const { find, learn, missing } = given()
  learn(clientId, organizationId)
  for (let index = 0; index < 12_000; index++) learn('other', `organization-${index}`)
  assert.equal(find(clientId, undefined), undefined)
  assert.equal(missing(clientId, undefined).key, `client ${clientId}`)
})

test('before the place in the history is known, nothing is remembered', () => {
  const { find, learn } = createRememberedRights()
  assert.ok(learn(anEntitlementDocument(), {}))
  assert.equal(find(clientId, undefined), undefined)
})

test('a client that moved to another organization has the rights of that one', () => {
  const { find, learn, organizationOf } = given()
  learn(clientId, organizationId)
  learn(clientId, 'organization-2')
  assert.equal(organizationOf(clientId), 'organization-2')
  assert.equal(find(clientId, undefined)?.organization.rights.id, 'organization-2')
})

test('reading the same rights again replaces nothing and forgets no answer', () => {
  const remembered = createRememberedRights()
  remembered.follow({ asOf, cursor: '1', changes: null })
  const document = anEntitlementDocument({ organization: { partners: { total: 1000 } } })
  const entitlement = remembered.learn({ ...document, partner: { id: partnerId, name: 'Partner' } }, { partnerId })
  remembered.learn(structuredClone({ ...document, asOf: { ...asOf, revision: 9 } }), {})
  assert.equal(remembered.find(clientId, { partnerId }), entitlement)
})
