import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems } from '@countersign/protocol'
import { titleOfRefusal, whoCanFix } from './refusal-words.ts'

test('the words are those of codes that exist', () => {
  const codes = Object.keys(problems)
  const worded = codes.filter((code) => whoCanFix(code) !== undefined)
  assert.ok(worded.length >= 30, `${worded.length} of ${codes.length}`)
})

test('a code without words is said as it is', () => {
  assert.equal(titleOfRefusal('dpa-outdated'), 'Agreement outdated')
  assert.equal(titleOfRefusal('some-new-code'), 'Some new code')
  assert.equal(whoCanFix('some-new-code'), undefined)
})
