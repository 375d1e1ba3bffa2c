import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { newKeyRingLine, parseKeyRing } from '../keys/key-ring.ts'
import { openFlow, randomPart, sealFlow, type Flow } from './flow.ts'

const line = newKeyRingLine(1)
const ring = (text: string) => parseKeyRing('secret pepper', 'a test', text)
const pepper = ring(line)
const now = Date.UTC(2026, 0, 15)
const aFlow = (): Flow => ({
  party: 'a party',
  state: randomPart(),
  nonce: randomPart(),
  verifier: randomPart(),
  returnTo: '/console',
  beganAt: now,
})

test('what was sealed opens for ten minutes, with everything in it', () => {
  const flow = { ...aFlow(), session: 'a session', confirms: 'a person' }
  const sealed = sealFlow(pepper, flow)
  assert.deepEqual(openFlow(pepper, sealed, now + 599_999), flow)
  assert.equal(openFlow(pepper, sealed, now + 600_000), undefined)
  assert.equal(openFlow(pepper, sealed, now - 300_001), undefined, 'made by a clock that was far ahead')
  for (const hidden of [flow.state, flow.nonce, flow.verifier, flow.session]) assert.ok(!sealed.includes(hidden))
})

test('a flow goes on after a rotation of the pepper, and ends with its version', () => {
  const sealed = sealFlow(pepper, aFlow())
  assert.ok(openFlow(ring(line + newKeyRingLine(2)), sealed, now))
  assert.equal(openFlow(ring(newKeyRingLine(2)), sealed, now), undefined)
  assert.equal(openFlow(ring(newKeyRingLine(1)), sealed, now), undefined)
})

test('whatever was changed in it, and any other text, opens to nothing', () => {
  const sealed = sealFlow(pepper, aFlow())
  for (let at = 2; at < sealed.length; at++) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'Q' : 'A') + sealed.slice(at + 1)
    // The last character may have bits that base64url does not keep.
    if (at < sealed.length - 1) assert.equal(openFlow(pepper, changed, now), undefined)
  }
  fc.assert(
    fc.property(fc.string(), (text) => openFlow(pepper, text, now) === undefined && openFlow(pepper, `1.${text}`, now) === undefined),
  )
  assert.equal(openFlow(pepper, `1.${'A'.repeat(100_000)}`, now), undefined)
})
