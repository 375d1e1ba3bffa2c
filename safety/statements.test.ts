// Both databases bound the number of parameters of a statement, so a statement with a list fails once the list is long enough.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { productCode } from './source-tree.ts'

/** Where a list stands after `'in'`, and its bound. Any other list is a join, a subquery or `oneOf()`. */
const bounded: Readonly<Record<string, string>> = {
  'packages/server/src/admin/describe-impact.ts: [': 'two constants',
  'packages/server/src/admin/refused-agreements.ts: [': 'two constants',
  'packages/server/src/cache/read-clients.ts: clientIds':
    'at most 64 lookups in client-reader.ts, 500 in list-clients.ts and legacy-entitlement.ts',
  'packages/server/src/cache/read-revoked-tokens.ts: ids': 'at most 64 lookups, 500 in legacy-entitlement.ts',
  'packages/server/src/cache/read-revoked-tokens.ts: organizations': 'at most as many as clients',
  'packages/server/src/cache/read-secrets.ts: clients': 'one client, or a page of at most 200',
  'packages/server/src/keys/key-rows.ts: [': 'three constants',
  'packages/server/src/organizations/change-partners.ts: some': 'chunks of 500',
  'packages/server/src/organizations/partners.ts: some': 'chunks of 500',
  'packages/server/src/organizations/remove-clients.ts: ids': 'chunks of 500',
  'packages/server/src/recovery/missing-events.ts: ids': 'chunks of 500',
  'packages/server/src/standing/acceptances.ts: scopesOfGuards': 'fifteen constants',
  'packages/server/src/standing/refused-counts.ts: [': 'two constants',
}
const isNoList = /^(?:oneOf\(|\(?select|actor$|clients\.select\(|(?:store\.)?db\.selectFrom\()/

test('no statement has a list without a bound', () => {
  const lists = productCode.flatMap(({ path, text }) =>
    [...text.matchAll(/'(?:not )?in',\s*(\[|[^\s,)]+)/g)]
      .filter((match) => !isNoList.test(match[1]!))
      .map((match) => `${path}: ${match[1]}`),
  )
  assert.deepEqual([...new Set(lists)].toSorted(), Object.keys(bounded))
})
