import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leaveOut } from './leave-out.ts'

test('members are left out at the top, below, and of each item of a list', () => {
  const answer = { id: 1, who: 'x', items: [{ at: 1, by: 'x' }, { at: 2 }], standing: { refused: 3, due: true } }
  assert.deepEqual(leaveOut(answer, ['who', 'items.by', 'standing.refused', 'nothing', 'nothing.below', 'id.below']), {
    id: 1,
    items: [{ at: 1 }, { at: 2 }],
    standing: { due: true },
  })
  assert.equal(leaveOut(answer), answer)
})
