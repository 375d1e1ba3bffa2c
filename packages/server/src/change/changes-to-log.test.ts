import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChangeRecord } from './apply-change.ts'
import { changesToLog, maxLoggedOfRealm } from './changes-to-log.ts'

const detail = {}
const organizations = (count: number) => Array.from({ length: count }, (_, i) => `organization-${i}`)
const ofClient = (clientId: string): ChangeRecord => ({
  subject: { realm: 'prod', organizationId: 'acme', clientId },
  changed: 'client',
  detail,
})
const everything = { realm: 'prod', organizationId: null, what: 'any', subject: null, clientId: null }

test('a record becomes a row with the kind and the subject of the change', () => {
  const token: ChangeRecord = { ...ofClient('backend'), changed: 'token', subject: { ...ofClient('backend').subject, tokenId: 'id' } }
  const keys: ChangeRecord = { subject: { realm: 'prod' }, changed: 'keys', detail }
  const key: ChangeRecord = { ...keys, subject: { realm: 'prod', keyId: 'kid' } }
  assert.deepEqual(changesToLog([ofClient('backend'), token, { ...ofClient('backend'), changed: 'nothing' }, keys, key, keys]), [
    { realm: 'prod', organizationId: 'acme', what: 'client', subject: 'backend', clientId: 'backend' },
    { realm: 'prod', organizationId: 'acme', what: 'token', subject: 'id', clientId: 'backend' },
    { realm: 'prod', organizationId: null, what: 'keys', subject: null, clientId: null },
    { realm: 'prod', organizationId: null, what: 'keys', subject: 'kid', clientId: null },
  ])
})

test('a partner of no organization becomes a row of its own, which clears nothing of the realm', () => {
  const partner: ChangeRecord = { subject: { realm: 'prod' }, changed: 'partners', detail }
  const row = { realm: 'prod', organizationId: null, what: 'partners', subject: null, clientId: null }
  assert.deepEqual(changesToLog([partner, partner]), [row])
  assert.deepEqual(
    changesToLog([ofClient('backend'), partner]).map(({ what }) => what),
    ['client', 'partners'],
  )
})

test('equal records become one row', () => {
  assert.equal(changesToLog([ofClient('backend'), ofClient('backend'), ofClient('other')]).length, 2)
})

test('a change to many organizations becomes a row for each up to the bound, and beyond it one row for the realm', () => {
  const record = (count: number): ChangeRecord => ({
    subject: { realm: 'prod' },
    changed: 'rights',
    organizations: organizations(count),
    detail,
  })
  assert.deepEqual(changesToLog([record(0)]), [])
  assert.equal(changesToLog([record(maxLoggedOfRealm)]).length, maxLoggedOfRealm)
  assert.deepEqual(changesToLog([record(maxLoggedOfRealm + 1)]), [everything])
})

test('a bulk change becomes one row, beside those of another realm and of the keys', () => {
  const records = organizations(3000).map((organizationId): ChangeRecord => ({
    subject: { realm: 'prod', organizationId },
    changed: 'rights',
    detail,
  }))
  const keys: ChangeRecord = { subject: { realm: 'prod' }, changed: 'keys', detail }
  const other: ChangeRecord = { subject: { realm: 'other', organizationId: 'acme' }, changed: 'rights', detail }
  assert.deepEqual(changesToLog([...records, keys, other]), [
    everything,
    { realm: 'prod', organizationId: null, what: 'keys', subject: null, clientId: null },
    { realm: 'other', organizationId: 'acme', what: 'rights', subject: null, clientId: null },
  ])
})

test('a change to a whole realm needs no rows for its organizations', () => {
  const ofRealm: ChangeRecord = { subject: { realm: 'prod' }, changed: 'rights', detail }
  assert.deepEqual(changesToLog([ofClient('backend'), ofRealm]), [everything])
})
