import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems } from '@countersign/protocol'
import { nameRefusal, titleOfRefusal, whoCanFix } from './refusal-words.ts'

test('the words are those of codes that exist', () => {
  const codes = Object.keys(problems)
  const worded = codes.filter((code) => whoCanFix(code) !== undefined)
  assert.ok(worded.length >= 20, `${worded.length} of ${codes.length}`)
  assert.deepEqual(
    [whoCanFix('requestor-unknown'), whoCanFix('guard-outdated'), whoCanFix('dpa-outdated')],
    ['they', 'the provider of the API', undefined],
  )
})

test('a code without words is said as it is', () => {
  assert.equal(titleOfRefusal('dpa-outdated'), 'Agreement outdated')
  assert.equal(titleOfRefusal('some-new-code'), 'Some new code')
  assert.equal(whoCanFix('some-new-code'), undefined)
})

test('a refusal is named by its reason, then its problem', () => {
  assert.equal(nameRefusal({ code: 'invalid-client', reason: 'wrong-secret' }), 'Wrong secret')
  assert.equal(nameRefusal({ code: 'dpa-outdated', reason: null }), 'Agreement outdated')
  assert.equal(nameRefusal({ code: 'conflict', reason: null }), 'Conflict')
})
