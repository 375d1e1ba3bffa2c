import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anEntitlement } from './entitlement.fixture.ts'
import { meDocument, type TokenOfMe } from './me.ts'

const token: TokenOfMe = { clientId: 'api-client-acme', scope: 'profile email', issuedAt: 1_767_600_000, expiresAt: 1_767_600_300 }

test('the document contains organization, secret and token of the client', () => {
  assert.deepEqual(meDocument('nt24-idp', token, anEntitlement), {
    organization: anEntitlement.organization,
    client: { clientId: 'api-client-acme', realm: 'nt24-idp', secret: anEntitlement.clients[0]?.secret },
    partners: anEntitlement.partners,
    capabilities: anEntitlement.capabilities,
    dpa: anEntitlement.dpa,
    token: { scope: 'profile email', issuedAt: '2026-01-05T08:00:00.000Z', expiresAt: '2026-01-05T08:05:00.000Z' },
  })
})

test('for a client without a secret the document has none, not that of another client', () => {
  assert.equal(meDocument('nt24-idp', { ...token, clientId: 'api-client-acme-batch' }, anEntitlement).client.secret, null)
})

test('a client that is not in the entitlement has no secret', () => {
  assert.equal(meDocument('nt24-idp', { ...token, clientId: 'stranger' }, anEntitlement).client.secret, null)
})
