// The promise to integrators: calls continue while tokens expire and are revoked. With 300-second tokens and a clock that is moved by
// hand; the same in real time is in short-lived-tokens.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestDemo } from '@countersign/cli/demo.fixture'
import { createWatchedConsumer } from './calls.fixture.ts'

const { systems } = await startTestDemo()

test('three lifetimes of 300 seconds: no failed call, and one token request per renewal', async () => {
  // Moves only the client's clock: the server's stands still, so the test counts when tokens are renewed.
  let now = 0
  const clock = { now: () => now, startTimer: () => () => {} }
  const { call, issued, answers } = createWatchedConsumer(systems['ptv']!, { clock, random: () => 0 })

  for (; now <= 3 * 300_000; now += 10_000) assert.equal(await call('/routes'), 200)

  assert.deepEqual(
    answers.filter(({ status }) => status !== 200),
    [],
  )
  assert.equal(issued.length, 4, 'at the start, and each time after 240 seconds')
  assert.deepEqual(new Set(answers.map(({ token }) => token)), new Set(issued), 'every token that was requested was used')
})

test('a revoked token causes one rejected call, one renewal and no failure', async () => {
  const novatrade24 = systems['novatrade24']!
  const { tokens, call, issued, answers } = createWatchedConsumer(novatrade24)
  assert.equal(await call('/v1/me'), 200)
  await revoke(await tokens.getToken(), novatrade24)

  // The guard may cache an entitlement for five seconds.
  const deadline = Date.now() + 8_000
  while (issued.length < 2 && Date.now() < deadline) {
    assert.equal(await call('/v1/me'), 200)
    await sleep(100)
  }
  assert.equal(await call('/v1/me'), 200)
  assert.deepEqual(
    answers.filter(({ status }) => status !== 200),
    [{ status: 401, token: issued[0] }],
  )
  assert.equal(issued.length, 2)
})

async function revoke(token: string, { issuer, clients }: (typeof systems)[string]): Promise<void> {
  const { clientId, clientSecret } = clients['acme']!
  const { status } = await fetch(`${issuer}/protocol/openid-connect/revoke`, {
    method: 'POST',
    body: new URLSearchParams({ token, client_id: clientId, client_secret: clientSecret }),
  })
  assert.equal(status, 200)
}
