// What a guard does where the runtime stops between requests, and drops what belongs to a request that was cut off.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DecisionReport } from '@countersign/protocol'
import type { Access } from './access.ts'
import { issuer } from './guard.fixture.ts'
import { aGate, aRemoteGuard, changesUrl, json, jwksUrl } from './remote.fixture.ts'
import { aRefusal, aReporter, until } from './report-server.fixture.ts'

const access = { token: { clientId: 'api-client-acme' }, entitlement: { client: {} } } as unknown as Access
const request = { rawHeaders: [], params: {}, method: 'GET', route: '/v1/orders' }

test('settle() sends what is due, and waits for what is due within its time', async (t) => {
  const { reporter, server, pass } = await aReporter(t)
  reporter.denied(aRefusal())
  await reporter.settle({})
  assert.equal(server.reports.length, 0)
  reporter.allowed(request, access)
  const [kept, other] = [reporter.settle({ waitSeconds: 5 }), reporter.settle({ waitSeconds: 5 })]
  await other // One caller keeps the runtime awake, not each of them.
  pass(1)
  await kept
  assert.deepEqual(
    server.reports.map(({ refusals, counts }) => [refusals.length, counts.length]),
    [[1, 2]],
  )
})

test('settle({ now: true }) sends at once, once a second', async (t) => {
  const { reporter, server, clock } = await aReporter(t, { startTimer: undefined })
  for (let i = 0; i < 3; i++) {
    reporter.denied(aRefusal())
    await reporter.settle({ now: true })
  }
  assert.equal(server.reports.length, 1)
  clock.advance(1)
  await reporter.settle({ now: true })
  assert.deepEqual(
    server.reports.map(({ refusals }) => refusals.length),
    [1, 2],
  )
})

test('timers that do not come are noticed by the next decision', async (t) => {
  const { reporter, server, clock } = await aReporter(t, { startTimer: () => () => {} })
  reporter.denied(aRefusal())
  clock.advance(1.9)
  reporter.denied(aRefusal())
  await new Promise(setImmediate)
  assert.equal(server.reports.length, 0)
  clock.advance(1.1)
  reporter.denied(aRefusal({ at: clock.now() }))
  await until(() => server.reports.length === 1)
  assert.equal(server.reports[0]!.refusals.length, 3)
})

test('a report that does not end is sent again under its number, and what it brings in the end changes nothing', async (t) => {
  const gate = aGate()
  const sent: DecisionReport[] = []
  const send = async (body: Uint8Array<ArrayBuffer>) => {
    sent.push(JSON.parse(new TextDecoder().decode(body)) as DecisionReport)
    if (sent.length === 1) await gate.opened
    return { kind: 'accepted' } as const
  }
  const { reporter, clock } = await aReporter(t, { send, startTimer: undefined })
  reporter.denied(aRefusal())
  clock.advance(1)
  void reporter.settle({})
  await until(() => sent.length === 1)
  clock.advance(30)
  reporter.denied(aRefusal({ at: clock.now() }))
  await reporter.settle({})
  clock.advance(1)
  await reporter.settle({})
  gate.open()
  await new Promise(setImmediate)
  assert.deepEqual(
    sent.map(({ number, refusals }) => [number, refusals.length]),
    [
      [1, 1],
      [1, 1],
      [2, 1],
    ],
  )
  assert.equal(reporter.health().pending, 0)
})

test('guard.settle() resolves when nothing is under way that was begun beside a request', async () => {
  const { guard, server, clock, codeOf } = aRemoteGuard()
  assert.equal(await codeOf(), undefined)
  await guard.settle()
  clock.advance(250) // The keys are fetched again beside the next decision.
  const gate = aGate()
  server.answer(jwksUrl, async () => {
    await gate.opened
    return json({ keys: [] })
  })
  let isSettled = false
  assert.equal(await codeOf({ exp: clock.now() / 1000 + 100 }), undefined)
  const settled = guard.settle().then(() => void (isSettled = true))
  await new Promise(setImmediate)
  assert.equal(isSettled, false)
  gate.open()
  await settled
})

test('a pull that was dropped with its request does not hold up the requests after it for good', async () => {
  const { server, clock, codeOf } = aRemoteGuard()
  assert.equal(await codeOf(), undefined)
  clock.advance(6)
  const { answerChanges } = server.realm
  const gate = aGate()
  server.answer(changesUrl, async (asked) => {
    await gate.opened
    return answerChanges(asked)
  })
  const dropped = codeOf()
  await new Promise(setImmediate)
  server.answer(changesUrl, answerChanges)
  clock.advance(30)
  assert.equal(await codeOf({ exp: clock.now() / 1000 + 100 }), undefined)
  gate.open()
  assert.equal(await dropped, undefined)
})

test('a guard draws no random number and starts no timer before its first request: workers refuse both while modules are loaded', (t) => {
  const timer = t.mock.method(globalThis, 'setTimeout')
  const random = t.mock.method(globalThis.crypto, 'getRandomValues')
  const { guard, server } = aRemoteGuard({ reports: {}, clock: () => 0 })
  guard.checkRequirement({}, [], { method: 'GET', route: '/a' })
  assert.deepEqual([timer.mock.callCount(), random.mock.callCount(), server.requests.length], [0, 0, 0])
  assert.ok(guard.issuer === issuer)
})
