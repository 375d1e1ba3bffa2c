import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSigningAlgorithm, signingAlgorithms } from './signing-algorithms.ts'

test('every algorithm of the table is recognized by its name', () => {
  for (const name of Object.keys(signingAlgorithms)) assert.ok(isSigningAlgorithm(name), name)
})

for (const name of ['HS256', 'HS384', 'HS512', 'none', 'None', 'es256', 'toString', '__proto__', '', 256, null, ['ES256']]) {
  test(`abuse 084: ${JSON.stringify(name)} is not a signing algorithm`, () => {
    assert.equal(isSigningAlgorithm(name), false)
  })
}
