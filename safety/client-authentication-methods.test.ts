import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAuthenticationMethodNames } from '@countersign/protocol'
import { pathsWith, productCode } from './source-tree.ts'

/** Applied migrations are never edited, so they keep the names that they contain. */
const mayNameThem = [/^packages\/protocol\/src\/client-authentication-methods\.ts$/, /\/migrations?(?:-\d+)?\.ts$/]

test('client authentication methods are named only in their table and in migrations; other code derives them from it', () => {
  const named = new RegExp(`['"\`](?:${clientAuthenticationMethodNames.join('|')})\\b`)
  const ofPackages = productCode.filter(({ path }) => path.startsWith('packages/'))
  const paths = pathsWith(named, ofPackages)
  assert.ok(paths.length > 0)
  assert.deepEqual(
    paths.filter((path) => !mayNameThem.some((pattern) => pattern.test(path))),
    [],
  )
})
