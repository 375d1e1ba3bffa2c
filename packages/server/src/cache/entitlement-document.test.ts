import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Realm } from '../realms/realm.ts'
import type { OrganizationRecord } from './records.ts'
import { organizationRights } from './entitlement-document.ts'

const organization: OrganizationRecord = {
  id: '6cf4f78b-d3df-4c26-a3af-8b08a6379b61',
  realm: 'prod',
  slug: 'acme',
  name: 'Acme',
  status: 'active',
  capabilities: {},
  tokensNotBefore: 0,
  version: 1,
  createdAt: 0,
  updatedAt: 0,
  partners: { total: 0, list: [] },
  requestors: { total: 0, list: [] },
  acceptance: null,
}

const cases = [
  { realm: 100, organization: 200, counts: 200 },
  { realm: 200, organization: 100, counts: 200 },
  { realm: 0, organization: 0, counts: 0 },
]
for (const { realm, organization: own, counts } of cases) {
  test(`abuse 109: with a not-before ${realm} of the realm and ${own} of the organization, ${counts} applies`, () => {
    const settings = { name: 'prod', tokensNotBefore: realm, rateLimitTiers: {} } as unknown as Realm
    const { tokensNotBefore } = organizationRights(settings, { ...organization, tokensNotBefore: own }, null)
    assert.equal(tokensNotBefore, counts)
  })
}
