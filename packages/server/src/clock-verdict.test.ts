import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideClock, type ClockSituation } from './clock-verdict.ts'

const decide = (difference: number, others: readonly number[] = [], more: Partial<ClockSituation> = {}) =>
  decideClock({ difference, others, wasSet: false, hasDatabaseMoved: false, ...more }).kind

const hour = 3_600_000
const rows: [what: string, found: string, expected: string][] = [
  ['fault 9.7: up to five seconds are right', decide(5000, [0]), 'right'],
  ['fault 9.7: what all nodes share is no reason', decide(10_000, [10_200, 9_900]), 'shared'],
  ['fault 9.7: also if the database is behind', decide(-hour, [-hour - 900]), 'shared'],
  ['fault 9.7: one node alone is all nodes', decide(10_000), 'shared'],
  ['fault 9.7: a third node that is wrong by itself does not change that', decide(10_000, [10_000, hour]), 'shared'],
  [
    'fault 9.7: while others may not have measured yet, a database that moved is not held against a node',
    decide(hour, [0], { hasDatabaseMoved: true }),
    'shared',
  ],
  ['fault 9.6: another node that agrees with the database is a witness', decide(10_000, [0]), 'wrong'],
  ['fault 9.6: one witness is enough', decide(10_000, [10_000, 10_000, 4000]), 'wrong'],
  ['fault 9.6: a node whose clock differs more than that of the others', decide(hour, [10_000, 10_000]), 'wrong'],
  ['fault 9.6: of two nodes that differ from the database and each other, the farther one', decide(-hour, [10_000]), 'wrong'],
  ['fault 9.7: and not the nearer one', decide(10_000, [-hour]), 'shared'],
  ['fault 9.5: a clock that was set, without another node', decide(hour, [], { wasSet: true }), 'wrong'],
  ['fault 9.7: clocks that were all set', decide(hour, [hour, hour], { wasSet: true }), 'shared'],
]
for (const [what, found, expected] of rows) test(what, () => assert.equal(found, expected))
