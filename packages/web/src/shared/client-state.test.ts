import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeClient, lastUseOf, rotationOf, type ClientFacts } from './client-state.ts'

const now = Date.parse('2026-11-29T12:00:00Z')
const working: ClientFacts = {
  enabled: true,
  serviceAccountEnabled: true,
  rotation: 'stable',
  isDue: false,
  hasCredential: true,
  lastUsedAt: '2026-11-29T11:59:48.000Z',
}
const wordOf = (facts: Partial<ClientFacts>) => describeClient({ ...working, ...facts }, now).word

test('what bars a client comes before its rotation, and that before its age', () => {
  assert.equal(wordOf({}), 'gets tokens')
  assert.equal(wordOf({ isDue: true }), 'secret is due')
  assert.equal(wordOf({ isDue: true, rotation: 'issued' }), 'new secret not used yet')
  assert.equal(wordOf({ rotation: 'overlapping', hasCredential: false }), 'no secret')
  assert.equal(wordOf({ hasCredential: false, enabled: false }), 'disabled')
  assert.equal(wordOf({ serviceAccountEnabled: false }), 'service account is off')
})

test('a client that was not used for a day is silent, and one that never was says so', () => {
  assert.equal(wordOf({ lastUsedAt: '2026-11-28T11:59:00.000Z' }), 'silent')
  assert.equal(wordOf({ lastUsedAt: null }), 'never used')
})

test('the last use is that of any credential', () => {
  assert.equal(lastUseOf([]), null)
  assert.equal(
    lastUseOf([{ lastUsedAt: null }, { lastUsedAt: '2026-01-02T00:00:00.000Z' }, { lastUsedAt: '2026-01-01T00:00:00.000Z' }]),
    '2026-01-02T00:00:00.000Z',
  )
})

test('a rotation is in progress while there is a new secret', () => {
  assert.equal(rotationOf([{ state: 'current', firstUsedAt: null }]), 'stable')
  assert.equal(
    rotationOf([
      { state: 'new', firstUsedAt: null },
      { state: 'old', firstUsedAt: 'x' },
    ]),
    'issued',
  )
  assert.equal(
    rotationOf([
      { state: 'new', firstUsedAt: 'x' },
      { state: 'old', firstUsedAt: 'x' },
    ]),
    'overlapping',
  )
})
