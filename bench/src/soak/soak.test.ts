// Checks with short runs that the soaks work and find no failure; times are measured by `npm run soak`. Takes 155 s.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { soakAssertions } from './assertions.ts'
import { soakFaults } from './faults/soak-faults.ts'
import { soakKill } from './kill.ts'
import { soakLease } from './lease.ts'
import { soakNodeLoss } from './node-loss.ts'
import { soakOutage } from './outage.ts'
import { soakPropagation } from './propagation.ts'
import { quantile } from './quantile.ts'
import { soakRotation } from './rotation.ts'

const skip = skipWithoutPostgres()
const say = () => {}
const nothingLost = { changes: 0, changesWithoutEvent: 0, eventsWithoutChange: 0, tokensWithoutEvent: 0, eventsTwice: 0 }

test('a right withdrawn at one of three processes is denied there by the next request, and by the others soon', { skip }, async () => {
  const { withHints, withoutHints } = await soakPropagation({ trials: 5, atOnce: 5 }, say)
  for (const figures of [withHints, withoutHints]) assert.deepEqual([figures.measurements, figures.acceptedAtTheSameNode], [10, 0])
})

test('abuse 215: a process that was cut off for longer than its lease denies clients that were disabled meanwhile', { skip }, async () => {
  const { refused, accepted, acceptedAfterLease } = await soakLease({ cuts: 1, clientsPerCut: 5 }, say)
  assert.deepEqual([refused, accepted, acceptedAfterLease], [5, 0, 0])
})

test('abuse 229: on SQLite, kill -9 under load loses nothing that was acknowledged', async () => {
  const { losses, acknowledgedChanges } = await soakKill({ store: 'sqlite', kills: 2, maxDelayMs: 1000, killsPerCheck: 2 }, say)
  assert.deepEqual(losses, nothingLost)
  assert.ok(acknowledgedChanges > 0)
})

test('abuse 221: on PostgreSQL, kill -9 under load loses nothing that was acknowledged', { skip }, async () => {
  const { losses, acknowledgedChanges } = await soakKill({ store: 'postgres', kills: 2, maxDelayMs: 2000, killsPerCheck: 2 }, say)
  assert.deepEqual(losses, nothingLost)
  assert.ok(acknowledgedChanges > 0)
})

test(
  'abuse 221: a process that is killed behind a load balancer causes no failed token request and no failed guarded call',
  { skip },
  async () => {
    const { requests, failures, fault } = await soakNodeLoss({ kills: 2, backends: 6 }, say)
    // On a busy machine, a node that has just started may answer 503 to clients that it would have to look up.
    const { 'token temporarily_unavailable': ofABusyMachine = 0, ...ofTheLoss } = failures
    assert.deepEqual([ofTheLoss, fault], [{}, null])
    assert.ok(requests.tokens > 50, `${requests.tokens} token requests`)
    assert.ok(ofABusyMachine < requests.tokens / 10, `${ofABusyMachine} of ${requests.tokens} token requests got 503`)
  },
)

test(
  'abuse 069: one assertion presented 200 times at once to three processes is one token, also when one of them is killed',
  { skip },
  async () => {
    const { statuses, twice, tokens, assertions, tokensWithoutUse, usedUpInVain, fault } = await soakAssertions(
      { assertions: 12, presentations: 200, atOnce: 3 },
      say,
    )
    assert.deepEqual([tokens, twice, tokensWithoutUse, fault], [assertions, 0, 0, null])
    // What a process has used up and not answered is refused by the others, and its client signs another assertion.
    assert.ok(usedUpInVain <= assertions)
    assert.deepEqual(
      Object.keys(statuses).filter((status) => !['0', '200', '401', '503'].includes(status)),
      [],
    )
  },
)

test('abuse 208: three processes serve known clients through an outage, and answer 503 to all others', { skip }, async () => {
  const { stopped, frozen, fault } = await soakOutage({ seconds: 2 }, say)
  assert.equal(fault, null)
  for (const { known, unknown } of [stopped, frozen]) {
    assert.deepEqual([Object.keys(known.statuses), Object.keys(unknown.statuses)], [['200'], ['503']])
  }
})

test(
  'random faults of nodes, databases, clocks and spools let nothing in that ended, refuse no known client and lose nothing',
  { skip },
  async (t) => {
    const run = await soakFaults({ seed: 170, seconds: 1, longestSeconds: 2, hugeMebibytes: 1 }, (progress) => t.diagnostic(progress))
    for (const [what, count] of Object.entries(run.violations)) assert.ok(count === 0 || count === null, `${what}: ${count}`)
    assert.ok(run.deliveredTokens > 20 && (run.calls['accepted'] ?? 0) > 50)
  },
)

test('clients that rotate their secrets at three processes see no failure, and the old secrets end at each', { skip }, async () => {
  const { rotations, failures, oldSecretsAfterASecond } = await soakRotation({ clients: 2, rotationsPerClient: 1, waits: false }, say)
  assert.deepEqual([rotations, failures], [2, {}])
  assert.deepEqual(oldSecretsAfterASecond, { tried: 6, accepted: 0, notAnswered: 0 })
})

test('a quantile is the value that the share does not exceed', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i)
  assert.deepEqual(
    [0.5, 0.99, 1].map((share) => quantile(values, share)),
    [50, 99, 100],
  )
})

// Exit explicitly: after connections to killed processes, Node may never become idle.
process.on('exit', () => process.exit())
