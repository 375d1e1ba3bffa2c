import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { anEntitlement } from './entitlement.fixture.ts'
import { compareVersions, dpaStatus, EntitlementSyntaxError, parseChanges, parseEntitlement } from './entitlement.ts'

/** The document after serialization, with the member at a JSON pointer replaced. */
function entitlementWith(pointer: string, value: unknown): unknown {
  const document: unknown = JSON.parse(JSON.stringify(anEntitlement))
  const path = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = path.pop() ?? ''
  const parent = path.reduce((node, name) => (node as Record<string, unknown>)[name], document)
  Object.assign(parent as object, { [last]: value })
  return document
}

test('a serialized document parses to the same document', () => {
  assert.deepEqual(parseEntitlement(JSON.parse(JSON.stringify(anEntitlement))), anEntitlement)
})

test('arbitrary values are rejected with an EntitlementSyntaxError', () => {
  fc.assert(fc.property(fc.anything(), (value) => assert.throws(() => parseEntitlement(value), EntitlementSyntaxError)))
})

test('a document with one member replaced by any value is parsed or rejected with an EntitlementSyntaxError', () => {
  const members = fc.constantFrom(
    ...Object.keys(anEntitlement).map((name) => `/${name}`),
    '/client/secret',
    '/organization/partners',
    '/organization/partners/list',
    '/organization/partners/list/0',
    '/partner',
  )
  fc.assert(
    fc.property(members, fc.jsonValue(), (pointer, value) => {
      try {
        parseEntitlement(entitlementWith(pointer, value))
      } catch (error) {
        assert.ok(error instanceof EntitlementSyntaxError && error.message.includes(`"${pointer}`), String(error))
      }
    }),
  )
})

const faults: [pointer: string, value: unknown, expected: string][] = [
  ['/organization', undefined, 'an object'],
  ['/organization/id', 7, 'a string'],
  ['/organization/status', 'asleep', 'one of "active", "suspended"'],
  ['/client', [], 'an object'],
  ['/client/clientId', null, 'a string'],
  ['/client/enabled', 'false', 'a boolean'],
  ['/client/subject', undefined, 'a string'],
  ['/client/scopes', undefined, 'an array'],
  ['/client/scopes', 'orders:read', 'an array'],
  ['/client/scopes/0', 7, 'a string'],
  ['/client/apiScopes', ['orders:read'], 'an object'],
  ['/client/apiScopes', null, 'an object'],
  ['/client/tokensNotBefore', undefined, 'a number that is not negative'],
  ['/client/revokedTokenIds', undefined, 'an array'],
  ['/client/secret', 'none', 'an object'],
  ['/client/secret/createdAt', undefined, 'a string'],
  ['/client/secret/rotation/state', 'stable', 'one of "issued", "overlapping"'],
  ['/organization/partners', [], 'an object'],
  ['/organization/partners/total', undefined, 'a number that is not negative'],
  ['/organization/partners/list', null, 'an array'],
  ['/organization/partners/list/0/id', ['*'], 'a string'],
  ['/organization/capabilities', [], 'an object'],
  ['/organization/capabilities/rateLimitTier', null, 'a boolean or a string'],
  ['/organization/capabilities/a~1b~0c', { on: true }, 'a boolean or a string'],
  ['/organization/dpa/status', 'yes', 'one of "accepted", "missing", "outdated", "not-required"'],
  ['/organization/dpa/acceptedVersion', 2026, 'a string'],
  ['/organization/requestors/list/0/permissions', 'payments:create', 'an array'],
  ['/organization/requestors/list/0/permissions/0', null, 'a string'],
  ['/organization/rateLimit/limit', '50', 'a number that is not negative'],
  ['/organization/tokensNotBefore', -1, 'a number that is not negative'],
  ['/organization/tokensNotBefore', JSON.parse('1e400'), 'a number that is not negative'],
  ['/partner', true, 'an object'],
  ['/requestor', 'yes', 'an object'],
  ['/asOf', undefined, 'an object'],
  ['/asOf/revision', '7', 'a number that is not negative'],
  ['/asOf/state', 7, 'a string'],
  ['/asOf/ageSeconds', -1, 'a number that is not negative'],
]
for (const [pointer, value, expected] of faults) {
  test(`"${pointer}" that is ${inspect(value)} is rejected as not being ${expected}`, () => {
    assert.throws(() => parseEntitlement(entitlementWith(pointer, value)), {
      name: 'EntitlementSyntaxError',
      message: `The document of the authorization server is not usable: "${pointer}" is not ${expected}`,
    })
  })
}

test('a body that is not an object is rejected at the root', () => {
  assert.throws(() => parseEntitlement('<html>'), {
    message: 'The document of the authorization server is not usable: "/" is not an object',
  })
})

const nullable = ['client/secret', 'client/secret/rotation', 'organization/dpa/requiredVersion', 'organization/dpa/acceptedAt']
for (const pointer of [...nullable, 'organization/rateLimit', 'partner', 'requestor'].map((path) => `/${path}`)) {
  test(`"${pointer}" may be null`, () => {
    const body = entitlementWith(pointer, null)
    assert.equal(parseEntitlement(body), body)
  })
}

test('the scopes of a client may be told by API', () => {
  const body = entitlementWith('/client/apiScopes', { 'orders-api': ['orders:read'], 'billing-api': [] })
  assert.equal(parseEntitlement(body), body)
  for (const [scopes, pointer] of [
    ['orders:read', ''],
    [[7], '/0'],
  ] as const)
    assert.throws(() => parseEntitlement(entitlementWith('/client/apiScopes', { 'a/b': scopes })), {
      message: new RegExp(`"/client/apiScopes/a~1b${pointer}" is not`),
    })
})

test('members of a later version of the document are kept', () => {
  assert.partialDeepStrictEqual(parseEntitlement(entitlementWith('/organization/country', 'NL')), { organization: { country: 'NL' } })
})

test('a list may be absent, if only its number is there', () => {
  const body = entitlementWith('/organization/partners', { total: 50_000 })
  assert.equal(parseEntitlement(body), body)
})

const changes = {
  asOf: anEntitlement.asOf,
  cursor: '7-a',
  changes: [
    { what: 'rights', organizationId: anEntitlement.organization.id, clientId: null },
    { what: 'keys', organizationId: null, clientId: null, keyId: 'k1' },
    { what: 'of a later version', organizationId: null, clientId: null },
  ],
}

test('changes are parsed, also none and those that are not known any more', () => {
  for (const list of [changes.changes, [], null]) assert.deepEqual(parseChanges({ ...changes, changes: list }).changes, list)
})

const faultsOfChanges: [pointer: string, body: unknown][] = [
  ['/', null],
  ['/asOf', { ...changes, asOf: undefined }],
  ['/cursor', { ...changes, cursor: 7 }],
  ['/changes', { ...changes, changes: undefined }],
  ['/changes', { ...changes, changes: 'none' }],
  ['/changes/0', { ...changes, changes: [null] }],
  ['/audiences', { ...changes, audiences: 'api' }],
  ['/audiences/1', { ...changes, audiences: ['api', 7] }],
  ['/changes/0/organizationId', { ...changes, changes: [{ what: 'rights', clientId: null }] }],
  ['/changes/0/keyId', { ...changes, changes: [{ what: 'keys', organizationId: null, clientId: null, keyId: null }] }],
  ['/changes/0/clientId', { ...changes, changes: [{ what: 'client', organizationId: null, clientId: 7 }] }],
]
for (const [pointer, body] of faultsOfChanges) {
  test(`changes with ${inspect(body, { breakLength: Infinity })} are rejected at "${pointer}"`, () => {
    const message = new RegExp(`not usable: "${pointer}" is not`)
    assert.throws(() => parseChanges(body), { name: 'EntitlementSyntaxError', message })
  })
}

const dpaStatuses: [required: string | null, accepted: string | null, status: ReturnType<typeof dpaStatus>][] = [
  [null, null, 'not-required'],
  [null, '2026-01', 'not-required'],
  ['2026-01', null, 'missing'],
  ['2026-01', '2025-12', 'outdated'],
  ['2026-10', '2026-9', 'outdated'],
  ['2026-01', '2026-01', 'accepted'],
  ['2026-01', '2026-02', 'accepted'],
]
for (const [required, accepted, status] of dpaStatuses) {
  test(`a DPA accepted as ${accepted} where ${required} is required is ${status}`, () => {
    assert.equal(dpaStatus(required, accepted), status)
  })
}

const ascendingVersions = ['', '2', '3', '3.0', '3.0.1', '3.2', '3.10', '2025-12', '2026-01', '2026-2', '2026-10', 'v1', 'v2', 'v10']
test('versions are ordered by their numbers, and by the text between the numbers', () => {
  assert.deepEqual(ascendingVersions.toReversed().toSorted(compareVersions), ascendingVersions)
})

test('leading zeros of a number are ignored', () => {
  assert.equal(compareVersions('2026-01', '2026-1'), 0)
})

test('numbers too large for a double are ordered exactly', () => {
  assert.equal(compareVersions('9'.repeat(400), `1${'0'.repeat(400)}`), -1)
  assert.equal(compareVersions('9007199254740993', '9007199254740992'), 1)
})

const version = fc.stringMatching(/^[\dv.-]{0,12}$/)

test('the comparison of two versions is antisymmetric', () => {
  fc.assert(fc.property(version, version, (a, b) => assert.equal(compareVersions(a, b) + compareVersions(b, a), 0)))
})

test('the order of three versions is transitive', () => {
  fc.assert(
    fc.property(version, version, version, (...three) => {
      const [lowest, middle, highest] = three.toSorted(compareVersions) as [string, string, string]
      assert.ok(compareVersions(lowest, middle) <= 0 && compareVersions(middle, highest) <= 0 && compareVersions(lowest, highest) <= 0)
    }),
  )
})
