import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenIn } from './invitation-token.ts'

test('the invitation is what follows the # of the link, and nothing else is', () => {
  const token = 'Zm9vYmFyLWJhel9xdXV4LTEyMzQ1Njc4OTAtYWJjZGVmZ'
  assert.equal(tokenIn(`#${token}`), token)
  for (const hash of ['', '#', '#once=abc', `#${token}%0A`, `#${token} `, '#short', `#${'x'.repeat(201)}`, `##${token}`])
    assert.equal(tokenIn(hash), undefined, hash)
})
