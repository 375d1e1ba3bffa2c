import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { shareTestServer, startTestServer } from '../../test/test-server.fixture.ts'
import { createReadiness, isReady } from './readiness.ts'
import { watchEventLoop } from './event-loop-lag.ts'

test('a node is ready when no check fails', () => {
  const readiness = createReadiness()
  readiness.add('lease', () => undefined)
  assert.ok(isReady(readiness))
})

test('every reason is reported under the name of its check', () => {
  const readiness = createReadiness()
  readiness.add('lease', () => 'the last pull is 301 s old')
  readiness.add('clock', () => undefined)
  assert.deepEqual(readiness.reasons(), { lease: 'the last pull is 301 s old' })
})

test('a check that throws makes the node not ready', () => {
  const readiness = createReadiness()
  readiness.add('lease', () => {
    throw new Error('no database')
  })
  assert.deepEqual(readiness.reasons(), { lease: 'the check failed: no database' })
})

test('a warning does not make a node unready, and is reported separately', () => {
  const readiness = createReadiness()
  readiness.warn('store', () => 'the store has not answered for 12 s')
  assert.ok(isReady(readiness))
  assert.deepEqual([readiness.reasons(), readiness.warnings()], [{}, { store: 'the store has not answered for 12 s' }])
})

function aLoop() {
  let now = 0
  const loop = watchEventLoop(() => now)
  loop.stop()
  /** Simulates a turn of the event loop after this time. */
  const turn = (milliseconds: number) => {
    now += milliseconds
    loop.beat()
  }
  return { ...loop, turn, pass: (milliseconds: number) => void (now += milliseconds) }
}

test('a node whose event loop is on time is ready', () => {
  const { check, turn } = aLoop()
  for (let i = 0; i < 50; i++) turn(105)
  assert.equal(check(), undefined)
})

test('abuse 233: after the loop was blocked for two seconds, the node is not ready for at least a second', () => {
  const { check, turn } = aLoop()
  turn(2100)
  turn(100)
  assert.equal(check(), 'the event loop was held up for 2000 ms')
  for (let i = 0; i < 8; i++) turn(100)
  assert.notEqual(check(), undefined)
})

test('abuse 233: some seconds after the block, the node is ready again', () => {
  const { check, turn } = aLoop()
  turn(2100)
  for (let i = 0; i < 21; i++) turn(100)
  assert.equal(check(), undefined)
})

test('abuse 233: a loop that is blocked now is detected before its timer fires', () => {
  const { check, pass } = aLoop()
  pass(700)
  assert.equal(check(), 'the event loop was held up for 600 ms')
})

suite('the public listener', () => {
  const shared = shareTestServer()

  test('abuse 164: on the public listener a probe gets one word and no reasons', async () => {
    const { request } = shared()
    // On a busy machine the event loop may be blocked while the server starts.
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
      const { request } = shared()
      assert.equal((await request({ url })).statusCode, 404)
    })
  }

  test('abuse 265: the User-Agent of a known prober grants no access', async () => {
    const { request } = shared()
    for (const agent of ['kube-probe/1.33', 'ELB-HealthChecker/2.0', 'GoogleHC/1.0']) {
      assert.equal((await request({ url: '/v1/me', headers: { 'user-agent': agent } })).statusCode, 401)
    }
  })
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
