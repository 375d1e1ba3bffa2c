import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeAttention } from './realm-attention.ts'

test('a realm has the tone of what is most urgent in it, and the number of things', () => {
  const both = [{ severity: 'bad' }, { severity: 'warn' }] as const
  assert.deepEqual(describeAttention({ attention: both, more: false }), { tone: 'bad', words: '2 need attention' })
  assert.deepEqual(describeAttention({ attention: [{ severity: 'ok' }], more: false }), { tone: 'go', words: '1 needs attention' })
  const fifty = Array.from({ length: 50 }, () => ({ severity: 'warn' }) as const)
  assert.equal(describeAttention({ attention: fifty, more: true })?.words, '50 and more need attention')
})

test('a realm in which nothing needs attention has no chip', () => {
  assert.equal(describeAttention({ attention: [], more: false }), undefined)
})
