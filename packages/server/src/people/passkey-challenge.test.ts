import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import type { KeyRing } from '../keys/key-ring.ts'
import { createChallenge, expectChallenge, readChallenge } from './passkey-challenge.ts'

const key = (byte: number) => createSecretKey(Buffer.alloc(32, byte))
const pepper: KeyRing = { versions: new Map([[1, key(1)]]), currentVersion: 1 }
const now = Date.UTC(2026, 0, 15)
const minutes = 60_000

const textOf = (challenge: Uint8Array) => Buffer.from(challenge).toString('base64url')

test('a challenge counts for its purpose, for five minutes', () => {
  const text = textOf(createChallenge(pepper, 'sign-in', now))
  assert.equal(readChallenge(pepper, 'sign-in', text, now)?.endsAt, now + 5 * minutes)
  assert.ok(readChallenge(pepper, 'sign-in', text, now + 5 * minutes - 1))
  assert.equal(readChallenge(pepper, 'sign-in', text, now + 5 * minutes), undefined)
  assert.equal(readChallenge(pepper, 'invitation:a', text, now), undefined)
  assert.equal(readChallenge(pepper, 'further:a', textOf(createChallenge(pepper, 'further:b', now)), now), undefined)
})

test('abuse 296: what this server did not make is none, and neither is one by a clock that was ahead', () => {
  const text = textOf(createChallenge(pepper, 'sign-in', now))
  const other: KeyRing = { versions: new Map([[1, key(2)]]), currentVersion: 1 }
  assert.equal(readChallenge(other, 'sign-in', text, now), undefined)
  const later = Buffer.from(text, 'base64url')
  later.writeUIntBE(now + 60 * minutes, 16, 6)
  for (const made of [later.toString('base64url'), '', 'A', text.slice(0, -4), `${text}AAAA`, 'A'.repeat(72)])
    assert.equal(readChallenge(pepper, 'sign-in', made, now), undefined, made)
  assert.equal(readChallenge(pepper, 'sign-in', textOf(createChallenge(pepper, 'sign-in', now + 60 * minutes)), now), undefined)
})

test('a challenge from before a new version of the pepper counts, and two are never the same', () => {
  const text = textOf(createChallenge(pepper, 'sign-in', now))
  const rotated: KeyRing = {
    versions: new Map([
      [1, key(1)],
      [2, key(2)],
    ]),
    currentVersion: 2,
  }
  const digest = readChallenge(rotated, 'sign-in', text, now)?.digest
  assert.equal(digest, readChallenge(pepper, 'sign-in', text, now)?.digest)
  assert.notEqual(digest, readChallenge(pepper, 'sign-in', textOf(createChallenge(pepper, 'sign-in', now)), now)?.digest)
})

test('the one that was expected is kept', () => {
  const expected = expectChallenge(pepper, 'sign-in', now)
  assert.equal(expected.isExpected('A'.repeat(72)), false)
  assert.equal(expected.found(), undefined)
  assert.equal(expected.isExpected(textOf(createChallenge(pepper, 'sign-in', now))), true)
  assert.ok(expected.found())
})
