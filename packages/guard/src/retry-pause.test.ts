// How a remote guard retries while its server fails: further and further apart, at other times than other guards, and soon after it is back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRemoteGuard, changesUrl, entitlementUrl, jwksUrl, type RemoteServer } from './remote.fixture.ts'
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
