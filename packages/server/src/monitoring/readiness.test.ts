import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startTestServer } from '../../test/test-server.fixture.ts'
import { createReadiness, isReady } from './readiness.ts'
import { watchEventLoop } from './event-loop-lag.ts'

test('a node is ready when nothing is in the way', () => {
  const readiness = createReadiness()
  readiness.add('lease', () => undefined)
  assert.ok(isReady(readiness))
})

test('every reason is told by the name of its check', () => {
  const readiness = createReadiness()
  readiness.add('lease', () => 'the last pull is 301 s old')
  readiness.add('clock', () => undefined)
  assert.deepEqual(readiness.reasons(), { lease: 'the last pull is 301 s old' })
})

test('a check that fails itself is in the way', () => {
  const readiness = createReadiness()
  readiness.add('lease', () => {
    throw new Error('no database')
  })
  assert.deepEqual(readiness.reasons(), { lease: 'the check failed: no database' })
})

test('what is no reason yet does not make a node unready, and is told beside it', () => {
  const readiness = createReadiness()
  readiness.warn('store', () => 'the store was not heard of for 12 s')
  assert.ok(isReady(readiness))
  assert.deepEqual([readiness.reasons(), readiness.warnings()], [{}, { store: 'the store was not heard of for 12 s' }])
})

function aLoop() {
  let now = 0
  const loop = watchEventLoop(() => now)
  loop.stop()
  /** As if the loop came round after so long. */
  const turn = (milliseconds: number) => {
    now += milliseconds
    loop.beat()
  }
  return { ...loop, turn, pass: (milliseconds: number) => void (now += milliseconds) }
}

test('an event loop in time is no reason', () => {
  const { check, turn } = aLoop()
  for (let i = 0; i < 50; i++) turn(105)
  assert.equal(check(), undefined)
})

test('abuse 233: a loop that was held up for two seconds is a reason for a second at least', () => {
  const { check, turn } = aLoop()
  turn(2100)
  turn(100)
  assert.equal(check(), 'the event loop was held up for 2000 ms')
  for (let i = 0; i < 8; i++) turn(100)
  assert.notEqual(check(), undefined)
})

test('abuse 233: and no longer a reason some seconds later', () => {
  const { check, turn } = aLoop()
  turn(2100)
  for (let i = 0; i < 21; i++) turn(100)
  assert.equal(check(), undefined)
})

test('abuse 233: a loop that is held up right now is seen before its next beat', () => {
  const { check, pass } = aLoop()
  pass(700)
  assert.equal(check(), 'the event loop was held up for 600 ms')
})

test('abuse 164: on the public listener a probe gets one word and nothing else', async () => {
  const { request } = await startTestServer()
  // A machine with much else to do may hold up the loop while the server starts.
  while ((await request({ url: '/readyz' })).statusCode !== 200) await pause(100)
  for (const url of ['/livez', '/readyz']) {
    const { statusCode, body, headers } = await request({ url })
    assert.deepEqual(
      [statusCode, body, headers['content-type'], headers['cache-control']],
      [200, 'ok', 'text/plain; charset=utf-8', 'no-store'],
    )
  }
})

for (const url of [
  '/metrics',
  '/health',
  '/healthz',
  '/debug',
  '/debug/pprof',
  '/.git/config',
  '/server.ts',
  '/server.js.map',
  '/status',
]) {
  test(`abuse 164: ${url} is not on the public listener`, async () => {
    const { request } = await startTestServer()
    assert.equal((await request({ url })).statusCode, 404)
  })
}

test('abuse 265: the name of a prober opens nothing', async () => {
  const { request } = await startTestServer()
  for (const agent of ['kube-probe/1.33', 'ELB-HealthChecker/2.0', 'GoogleHC/1.0']) {
    assert.equal((await request({ url: '/v1/me', headers: { 'user-agent': agent } })).statusCode, 401)
  }
})

test('a node that is stopping is alive and not ready', async () => {
  const { request, listen, shutDown } = await startTestServer({ settings: 'shutdownDelay: 1s' })
  await listen()
  const stopped = shutDown()
  const { statusCode, body } = await request({ url: '/readyz' })
  assert.deepEqual([statusCode, body], [503, 'not ok'])
  assert.equal((await request({ url: '/livez' })).statusCode, 200)
  await stopped
})
