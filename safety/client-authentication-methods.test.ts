import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAuthenticationMethodNames } from '@countersign/protocol'
import { pathsWith, productCode } from './source-tree.ts'

/** What a store has had since then stays as it was written. */
const mayNameThem = [/^packages\/protocol\/src\/client-authentication-methods\.ts$/, /\/migrations?(?:-\d+)?\.ts$/]

test('only the table of client authentication methods names one, so that the rest follows it', () => {
  const named = new RegExp(`['"\`](?:${clientAuthenticationMethodNames.join('|')})\\b`)
  const ofPackages = productCode.filter(({ path }) => path.startsWith('packages/'))
  const paths = pathsWith(named, ofPackages)
  assert.ok(paths.length > 0)
  assert.deepEqual(
    paths.filter((path) => !mayNameThem.some((pattern) => pattern.test(path))),
    [],
  )
})
