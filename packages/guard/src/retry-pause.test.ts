// How a remote guard retries while its server fails: further and further apart, at other times than other guards, and soon after it is back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRemoteGuard, changesUrl, discoveryUrl, entitlementUrl, jwksUrl, type RemoteServer } from './remote.fixture.ts'
import { RemoteGuardError } from './remote-guard-error.ts'
import { nextPause, type RetryPause } from './retry-pause.ts'

const down = () => new Response(null, { status: 503 })
const error = new Error('down')

/** A reproducible sequence of numbers in [0, 1). */
function aRandom(seed: number): () => number {
  let state = seed
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}

/** The seconds at which a guard with a request each second asks the failing `url`, and how long it denies after the server is back. */
async function anOutage(url: string, seed: number, warmUp: boolean) {
  const { server, clock, codeOf } = aRemoteGuard({ random: aRandom(seed) })
  if (warmUp) {
    assert.equal(await codeOf(), undefined)
    clock.advance(240)
  }
  const endOutage = await startOutage(server, url)
  const asked: number[] = []
  for (let second = 0, seen = server.calls(url); second < 200; second++) {
    await codeOf({ exp: 1_900_000_000 })
    await new Promise((resolve) => setImmediate(resolve))
    if (server.calls(url) > seen) asked.push(second)
    seen = server.calls(url)
    clock.advance(1)
  }
  endOutage()
  let secondsUntilBack = 0
  while ((await codeOf({ exp: 1_900_000_000 })) !== undefined && secondsUntilBack < 100) {
    secondsUntilBack++
    clock.advance(1)
  }
  return { asked, secondsUntilBack }
}

/** Returns the function that ends it. */
async function startOutage({ answer, fetch, realm }: RemoteServer, url: string): Promise<() => void> {
  const keys = await (await fetch(jwksUrl)).text()
  answer(url, down)
  const healthy = new Map([
    [changesUrl, realm.answerChanges],
    [entitlementUrl, realm.answerEntitlement],
  ])
  return () => answer(url, healthy.get(url) ?? (() => new Response(keys)))
}

for (const [what, url, warmUp] of [
  ['keys', jwksUrl, false],
  ['keys that it still has', jwksUrl, true],
  ['changes', changesUrl, false],
  ['changes that it still has', changesUrl, true],
  ['entitlements', entitlementUrl, false],
] as const)
  test(`fault 3.6: ${what} that fail are asked for further and further apart, out of step, and found half a minute after they are back`, async () => {
    const outages = await Promise.all([1, 2, 3].map((seed) => anOutage(url, seed * 7919, warmUp)))
    for (const { asked, secondsUntilBack } of outages) {
      assert.ok(asked.length >= 6 && asked.length <= 40, `${asked.length} requests in 200 s`)
      assert.ok(secondsUntilBack <= 31, `${secondsUntilBack} s`)
    }
    assert.equal(new Set(outages.map(({ asked }) => String(asked))).size, outages.length)
  })

const date = 'Tue, 03 Mar 2026 12:00:00 GMT'
const asked: [what: string, status: number, headers: Record<string, string>, seconds: number][] = [
  ['in seconds', 429, { 'retry-after': '60' }, 60],
  ['as a date', 503, { 'retry-after': 'Tue, 03 Mar 2026 12:01:00 GMT', date }, 60],
  ['of a day, which is five minutes', 503, { 'retry-after': '86400' }, 300],
]
for (const url of [discoveryUrl, jwksUrl, changesUrl, entitlementUrl])
  for (const [what, status, headers, seconds] of asked)
    test(`fault 3.6: ${new URL(url).pathname} is not asked again before its Retry-After ${what}`, async () => {
      const { server, clock, codeOf } = aRemoteGuard({ random: () => 0 })
      server.answer(url, () => new Response(null, { status, headers }))
      for (const after of [0, seconds - 0.1]) {
        clock.advance(after)
        assert.equal(await codeOf({ exp: 1_900_000_000 }), 'temporarily-unavailable')
        assert.equal(server.calls(url), 1)
      }
      clock.advance(0.2)
      await codeOf({ exp: 1_900_000_000 })
      assert.equal(server.calls(url), 2)
    })

test('fault 3.6: metadata whose last answer is still used are not asked for again before their Retry-After', async () => {
  const { server, clock, guard, codeOf } = aRemoteGuard({ random: () => 0 })
  await guard.ready()
  const before = server.calls(discoveryUrl)
  server.answer(discoveryUrl, () => new Response(null, { status: 429, headers: { 'retry-after': '290' } }))
  const calls = []
  for (const seconds of [3600, 240, 240]) {
    clock.advance(seconds)
    assert.equal(await codeOf({ exp: 1_900_000_000 }), undefined)
    await new Promise((resolve) => setImmediate(resolve))
    calls.push(server.calls(discoveryUrl) - before)
  }
  assert.deepEqual(calls, [1, 1, 2])
})

test('fault 3.6: a server that limits the lookups of a guard is asked about no client before its Retry-After', async () => {
  const { server, clock, guard, codeOf } = aRemoteGuard({ random: () => 0 })
  await guard.ready()
  server.answer(entitlementUrl, () => new Response(null, { status: 429, headers: { 'retry-after': '4' } }))
  for (const clientId of ['client-1', 'client-2']) await codeOf({ azp: clientId, client_id: clientId })
  assert.equal(server.calls(entitlementUrl), 1)
  guard.updateSecret('another-secret')
  await codeOf({ azp: 'client-3', client_id: 'client-3' })
  assert.equal(server.calls(entitlementUrl), 1)
  server.answer(entitlementUrl, server.realm.answerEntitlement)
  clock.advance(4)
  assert.equal(await codeOf(), undefined)
})

test('fault 3.6: another secret ends the pause after a failure, but not one that the server asked for', async () => {
  for (const [headers, calls] of [
    [{}, 2],
    [{ 'retry-after': '10' }, 1],
  ] as const) {
    const { server, guard } = aRemoteGuard({ random: () => 0 })
    server.answer(changesUrl, () => new Response(null, { status: 503, headers }))
    await assert.rejects(guard.ready())
    guard.updateSecret('another-secret')
    await assert.rejects(guard.ready(), { fault: 'server', status: 503 })
    assert.equal(server.calls(changesUrl), calls)
  }
})

test('of failures at the same time, the longest Retry-After counts', () => {
  const failed = (retryAfterSeconds?: number) => ({
    error: new RemoteGuardError('server', 'down', { retryAfterSeconds }),
    startedAt: 0,
    now: 0,
  })
  const until = [undefined, 20, 10, undefined].reduce<RetryPause | undefined>(
    (pause, seconds) => nextPause(pause, failed(seconds), () => 0),
    undefined,
  )
  assert.deepEqual([until?.until, until?.failures], [20_000, 1])
})

test('the pause doubles from between 1 and 2 to between 1 and 31 seconds', () => {
  const pauses: number[] = []
  let pause: RetryPause | undefined
  for (let failure = 0, now = 0; failure < 8; failure++) {
    pause = nextPause(pause, { error, startedAt: now, now }, () => 1)
    pauses.push((pause.until - now) / 1000)
    now = pause.until
  }
  assert.deepEqual(pauses, [2, 3, 5, 9, 17, 31, 31, 31])
})

test('fetches that failed at the same time count once', () => {
  const first = nextPause(undefined, { error, startedAt: 0, now: 5000 }, () => 0)
  assert.deepEqual(
    nextPause(first, { error, startedAt: 10, now: 5001 }, () => 0),
    first,
  )
})
