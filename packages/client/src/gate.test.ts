import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gate } from './gate.ts'
import { TokenRequestError } from './token-request-error.ts'

const failure = (code: string, retryAfterSeconds?: number) => new TokenRequestError({ code, summary: 'It failed.', retryAfterSeconds })

/** The longest waits of consecutive failures, in seconds. */
function waitsAfter(code: string, count: number, random: number): number[] {
  const gate = new Gate()
  return Array.from({ length: count }, () => {
    gate.close(failure(code), 0, () => random)
    return gate.remainingSeconds(0)
  })
}

test('the pause after a failure is at least a second, plus a random part of a limit that doubles', () => {
  assert.deepEqual(waitsAfter('server_error', 8, 1), [3, 5, 9, 17, 33, 61, 61, 61])
  assert.deepEqual(waitsAfter('server_error', 3, 0), [1, 1, 1])
})

test('a rejected client pauses for much longer, because servers block addresses after repeated failed logins', () => {
  assert.deepEqual(waitsAfter('invalid_client', 5, 1), [31, 61, 121, 241, 301])
})

test('a gate stays closed until the Retry-After of the server, plus jitter', () => {
  const gate = new Gate()
  gate.close(failure('too_many_requests', 30), 0, () => 0.5)
  assert.equal(gate.isClosed(30_999), true)
  assert.equal(gate.isClosed(31_000), false)
})

test('after a success, backoff starts from the beginning', () => {
  const gate = new Gate()
  for (let failed = 0; failed < 5; failed++) gate.close(failure('network'), 0, () => 1)
  gate.open()
  assert.equal(gate.reason, undefined)
  gate.close(failure('network'), 0, () => 1)
  assert.equal(gate.remainingSeconds(0), 3)
})
