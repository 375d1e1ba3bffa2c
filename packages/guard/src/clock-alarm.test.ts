// A guard whose clock is behind that of the server: a minute is tolerated, and beyond it the operator is told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aSigningKey, issuer, keycloakClaims, signToken, startSeconds } from './guard.fixture.ts'
import { createClockAlarm } from './clock-alarm.ts'
import { aRemoteGuard } from './remote.fixture.ts'
import type { RemoteGuardOptions } from './remote-guard.ts'

function aGuard(options: Partial<RemoteGuardOptions> = {}) {
  const alarms: Error[] = []
  return { alarms, ...aRemoteGuard({ onError: (error) => alarms.push(error), ...options }) }
}

const aheadBy = (seconds: number) => ({ iat: startSeconds + seconds, exp: startSeconds + seconds + 300 })

test('fault 3.2: a guard accepts tokens whose "iat" and "nbf" are up to 60 s ahead of its clock, and says nothing', async () => {
  const { alarms, codeOf } = aGuard()
  for (const seconds of [8, 59, 60]) {
    assert.equal(await codeOf(aheadBy(seconds)), undefined)
    assert.equal(await codeOf({ ...aheadBy(seconds), nbf: startSeconds + seconds }), undefined)
  }
  assert.deepEqual(alarms, [])
})

test('fault 3.2: beyond it onError is told by how much, at most once a minute', async () => {
  const { alarms, clock, codeOf } = aGuard()
  for (let call = 0; call < 100; call++) assert.equal(await codeOf(aheadBy(61)), 'invalid-token')
  assert.equal(await codeOf({ nbf: startSeconds + 3600 }), 'invalid-token')
  assert.deepEqual(alarms.map(String), [
    'ClockBehindError: The clock of this machine is 61 s behind that of the authorization server ' +
      'https://auth.example.com/realms/nt24-idp: a token issued 61 s in the future was denied. Correct the clock, for example with NTP; if this clock is right, that of the server is ahead.',
  ])
  clock.advance(60)
  assert.equal(await codeOf({ ...aheadBy(60), nbf: startSeconds + 3660 }), 'invalid-token')
  assert.deepEqual(
    alarms.map((alarm) => (alarm as { seconds?: number }).seconds),
    [61, 3600],
  )
})

test('fault 3.2: a clock that is set back is told of at once, once a minute', () => {
  const told: Error[] = []
  let now = 5000
  const alarm = createClockAlarm(
    issuer,
    () => now,
    (error) => told.push(error),
  )
  for (; now < 5000 + 120_000; now += 1000) alarm(70.2)
  assert.deepEqual(
    told.map((error) => (error as { seconds?: number }).seconds),
    [71, 71],
  )
})

test('fault 3.2: a forged token of the future says nothing about the clock', async () => {
  const { alarms, guard } = aGuard()
  const forger = aSigningKey()
  const token = signToken(forger, { alg: 'ES256', typ: 'JWT', kid: 'ES256-1' }, keycloakClaims(aheadBy(3600)))
  assert.equal((await guard.verifyToken(token)).valid, false)
  assert.deepEqual(alarms, [])
})

test('fault 3.2: the tolerance for a clock that is behind does not extend the lifetime of a token', async () => {
  const { clock, codeOf } = aGuard()
  clock.advance(304)
  assert.equal(await codeOf(), undefined)
  clock.advance(1)
  assert.equal(await codeOf(), 'expired-token')
})

test('the tolerance is an option', async () => {
  const { alarms, codeOf } = aGuard({ issuedAheadSeconds: 10 })
  assert.equal(await codeOf(aheadBy(10)), undefined)
  assert.equal(await codeOf(aheadBy(11)), 'invalid-token')
  assert.equal(alarms.length, 1)
  assert.throws(() => aGuard({ issuedAheadSeconds: 61 }), /"issuedAheadSeconds"/)
})
