import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextOf } from './key-ring-commands.ts'

test('a version that waits names the nodes that it waits for, and what to do there', () => {
  const waitingFor = (missingOn: string[], differing: number[]) =>
    nextOf(
      'pepper',
      [{ version: 2, state: 'waiting', missingOn }],
      [
        { node: 'one', versions: [1, 2], differing: [] },
        { node: 'two', versions: [1], differing },
      ],
    )
  assert.deepEqual(waitingFor(['two'], []), [
    'Version 2 waits for two: copy the file there, and send SIGHUP. A node that was killed is not waited for after 20 s.',
  ])
  assert.match(waitingFor([], [2])[0]!, /^Version 2 is not used: two has another key under this number\. Copy the file of one node to all/)
  assert.match(waitingFor([], [])[0]!, /in a few seconds\.$/)
})
