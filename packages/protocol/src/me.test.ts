import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anEntitlement } from './entitlement.fixture.ts'
import { meDocument, type TokenOfMe } from './me.ts'

const token: TokenOfMe = { clientId: 'api-client-acme', scope: 'profile email', issuedAt: 1_767_600_000, expiresAt: 1_767_600_300 }

const realm = { realm: 'nt24-idp', issuer: 'https://auth.example.com/realms/nt24-idp' }
const { organization, client } = anEntitlement

test('the document contains organization, secret and token of the client', () => {
  const { id, slug, name, status } = organization
  assert.deepEqual(meDocument(realm, token, anEntitlement), {
    organization: { id, slug, name, status },
    client: { clientId: 'api-client-acme', realm: 'nt24-idp', secret: client.secret },
    partners: organization.partners.list,
    capabilities: organization.capabilities,
    dpa: organization.dpa,
    token: { scope: 'profile email', issuedAt: '2026-01-05T08:00:00.000Z', expiresAt: '2026-01-05T08:05:00.000Z' },
  })
})

test('a client without a secret has none in the document', () => {
  assert.equal(meDocument(realm, token, { organization, client: { ...client, secret: null } }).client.secret, null)
})

test('fault 5.1: more partners than are listed are counted, and listed in pages elsewhere', () => {
  const many = { organization: { ...organization, partners: { total: 50_000 } }, client }
  for (const issuer of [realm.issuer, `${realm.issuer}/`]) {
    const { partners, partnersTotal, partnersUrl } = meDocument({ ...realm, issuer }, token, many)
    assert.deepEqual([partners, partnersTotal, partnersUrl], [[], 50_000, `${realm.issuer}/v1/me/partners`])
  }
})
