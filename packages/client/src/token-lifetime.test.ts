// What counts as the life of a token: by which clocks, from which moment, and what callers get in its last seconds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createHandClock } from './clock.fixture.ts'
import { createElapsedTime } from './elapsed-time.ts'
import { lastSecondsMs } from './refresh-schedule.ts'
import { createHeldAnswer, createTestClient, oauthError } from './token-endpoint.fixture.ts'

test('fault 4.2: a token that expired while the machine was suspended is not handed out', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  endpoint.expiresIn = 300
  await tokens.getToken()
  clock.setWallClock(7200)
  assert.deepEqual([tokens.status().token, tokens.status().expiresInSeconds], ['expired', 0])
  assert.equal(await tokens.getToken(), 'token-2')
})

test('fault 4.2: the default is the wall clock of the system, also beside a clock that has none', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 2, 3) })
  const { now, startTimer } = createHandClock()
  const { tokens } = createTestClient({ clock: { now, startTimer } })
  await tokens.getToken()
  t.mock.timers.setTime(Date.UTC(2026, 2, 3, 2))
  assert.equal(await tokens.getToken(), 'token-2')
})

test('fault 4.2: suspensions add up, and so does the time between them', async () => {
  const { tokens, clock } = createTestClient()
  await tokens.getToken()
  for (let nap = 0; nap < 9; nap++) {
    clock.setWallClock(29)
    await clock.advance(1)
  }
  assert.equal(tokens.status().expiresInSeconds, 30)
})

test('fault 4.2: a token whose wall clock was set back is renewed by the next call, and does not live longer', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  await clock.advance(1)
  clock.setWallClock(-3600)
  assert.deepEqual([tokens.status().token, tokens.status().expiresInSeconds], ['due', 299])
  assert.equal(await tokens.getToken(), 'token-2')
  assert.equal(await tokens.getToken(), 'token-2')
  endpoint.answer = () => oauthError(503, 'temporarily_unavailable')
  await clock.advance(299)
  clock.setWallClock(-3600)
  assert.equal(await tokens.getToken(), 'token-2', 'by the other clock it is valid, and there is no new one')
  await clock.advance(1)
  await assert.rejects(tokens.getToken(), { code: 'temporarily_unavailable' })
})

test('fault 4.2: a clock that was set back, and then the machine suspended', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  await clock.advance(1)
  endpoint.answer = () => oauthError(503, 'temporarily_unavailable')
  clock.setWallClock(-7200)
  assert.equal(await tokens.getToken(), 'token-1')
  clock.setWallClock(7200)
  assert.equal(tokens.status().token, 'expired')
})

test('fault 4.2: a pause that the server asked for ends while the machine is suspended', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  endpoint.answer = () => oauthError(503, 'temporarily_unavailable', { 'retry-after': '3600' })
  await assert.rejects(tokens.getToken())
  endpoint.answer = undefined
  clock.setWallClock(7200)
  assert.equal(await tokens.getToken(), 'token-1')
})

test('fault 4.2: a suspension during the token request costs one more request', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  endpoint.answer = () => {
    if (endpoint.requests.length === 1) clock.setWallClock(7200)
    return endpoint.issue()
  }
  assert.deepEqual([await tokens.getToken(), tokens.status().expiresInSeconds], ['token-2', 300])
})

test('fault 4.2: elapsed time runs with the faster of the two clocks, and never back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(100_000), fc.integer({ min: -100_000, max: 100_000 }))), (steps) => {
      let [monotonic, wall] = [0, 0]
      const clock = createElapsedTime({ now: () => monotonic, wallNow: () => wall, startTimer: () => () => {} })
      for (const [passed, set] of steps) {
        const [before, wallBefore, monotonicBefore] = [clock.now(), wall, monotonic]
        monotonic += passed
        wall += passed + set
        const elapsed = clock.now() - before
        assert.ok(elapsed >= monotonic - monotonicBefore)
        assert.ok(elapsed <= Math.max(monotonic - monotonicBefore, wall - wallBefore) + 1000)
      }
    }),
  )
})

test('abuse 246: a wall clock that is slewed or read at another moment changes nothing', async () => {
  const { tokens, clock } = createTestClient()
  await tokens.getToken()
  for (let second = 0; second < 200; second++) {
    clock.setWallClock(second % 2 === 0 ? 0.4 : -0.4)
    await clock.advance(1)
    assert.equal(tokens.status().expiresInSeconds, 299 - second)
  }
})

test('fault 4.3: the lifetime counts from the start of the request, not from its slow answer', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  const { answer, release } = createHeldAnswer()
  endpoint.answer = answer
  const token = tokens.getToken()
  await clock.advance(8)
  release(endpoint.issue())
  await token
  assert.equal(tokens.status().expiresInSeconds, 292)
  await clock.advance(292)
  assert.equal(tokens.status().token, 'expired')
})

test('fault 4.3: a refused newer secret before the request does not count', async () => {
  const { tokens, endpoint, clock } = createTestClient({ clientSecret: ['newer', 'older'] })
  endpoint.answer = async ({ secret }) => {
    if (secret === 'older') return endpoint.issue()
    await clock.advance(4)
    return oauthError(401, 'invalid_client')
  }
  await tokens.getToken()
  assert.equal(tokens.status().expiresInSeconds, 300)
})

for (const [lifetime, at] of [
  [300, 299.9],
  [300, 295],
  [10, 9.5],
] as const)
  test(`fault 4.3: after ${at} of ${lifetime} seconds callers wait for the new token`, async () => {
    const { tokens, endpoint, clock } = createTestClient()
    endpoint.expiresIn = lifetime
    await tokens.getToken()
    await clock.advance(at)
    assert.deepEqual(await Promise.all([tokens.getToken(), tokens.getToken()]), ['token-2', 'token-2'])
    assert.equal(endpoint.requests.length, 2)
  })

test('fault 4.3: callers wait for a renewal that began before, once the last seconds have come', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  await clock.advance(293)
  const { answer, release } = createHeldAnswer()
  endpoint.answer = answer
  assert.equal(await tokens.getToken(), 'token-1')
  await clock.advance(5)
  const last = tokens.getToken()
  release(endpoint.issue())
  assert.equal(await last, 'token-2')
})

test('fault 4.3: a renewal that fails in the last seconds leaves the current token, until it expires', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  await clock.advance(297)
  endpoint.answer = () => oauthError(503, 'temporarily_unavailable')
  assert.equal(await tokens.getToken(), 'token-1')
  await clock.advance(2)
  assert.equal(await tokens.getToken(), 'token-1')
  await clock.advance(1)
  await assert.rejects(tokens.getToken(), { name: 'TokenRequestError' })
})

test('fault 4.3: an invalidated token is not the fallback of a failed renewal', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  await clock.advance(297)
  const { answer, release } = createHeldAnswer()
  endpoint.answer = answer
  const waiting = tokens.getToken()
  await clock.advance(0)
  tokens.invalidate('token-1')
  endpoint.answer = () => oauthError(503, 'temporarily_unavailable')
  release(endpoint.issue())
  const rejected = assert.rejects(waiting, { code: 'temporarily_unavailable' })
  await clock.advance(1)
  await rejected
})

test('fault 4.3: a token that came later than it lives is requested once more, then handed out', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  endpoint.expiresIn = 5
  endpoint.answer = async () => {
    await clock.advance(6)
    return endpoint.issue()
  }
  assert.equal(await tokens.getToken(), 'token-2')
  assert.deepEqual([tokens.status().token, endpoint.requests.length], ['expired', 2])
})

test('the last seconds are five, or a tenth of a short lifetime', () => {
  assert.deepEqual([3_600_000, 300_000, 50_000, 1000].map(lastSecondsMs), [5000, 5000, 5000, 100])
})
