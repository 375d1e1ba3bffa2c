import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rotation } from '../shared/rotation-verdict.ts'
import { describePlace, needsProof, reasonAgainstCancel, stepsOf, type WizardFacts } from './wizard.ts'

const now = Date.parse('2026-01-10T12:00:00Z')
const made = { createdAt: '2026-01-10T11:00:00Z', expiresAt: null }
const old = {
  id: 'old',
  lastFour: '9fQz',
  state: 'old',
  firstUsedAt: '2025-10-01T00:00:00Z',
  lastUsedAt: '2026-01-10T11:10:00Z',
  ...made,
} as const
const fresh = { id: 'new', lastFour: 'Ab3x', state: 'new', firstUsedAt: null, lastUsedAt: null, ...made } as const
const issued: Rotation = {
  state: 'issued',
  secrets: [fresh, old],
  startedAt: made.createdAt,
  windowEndsAt: '2026-01-17T11:00:00Z',
  oldSecretLastUsedAt: old.lastUsedAt,
  confirmableAt: null,
  endAdvisedAt: null,
  oldSecretUsualGapSeconds: null,
  due: { remindAt: '2026-04-01T00:00:00Z', isDue: false },
}
const used = { ...fresh, firstUsedAt: '2026-01-10T11:30:00Z', lastUsedAt: '2026-01-10T11:58:00Z' }
const overlapping: Rotation = {
  ...issued,
  state: 'overlapping',
  secrets: [used, old],
  confirmableAt: '2026-01-10T12:10:00Z',
  endAdvisedAt: '2026-01-10T12:10:00Z',
}
const stable: Rotation = { ...issued, state: 'stable', secrets: [{ ...used, state: 'current' }], windowEndsAt: null, startedAt: null }

const states = (rotation: Rotation, facts: Partial<WizardFacts> = {}, at = now) =>
  Object.values(stepsOf({ rotation, isSecretShown: false, isSaved: false, isEnded: false, ...facts }, at)).join(' ')

test('the step is that of the server, so the page can be left and opened again', () => {
  assert.equal(states(stable), 'here later later later')
  assert.equal(states(issued), 'done here here later')
  assert.equal(states(overlapping), 'done done here later')
  assert.equal(states(overlapping, {}, now + 600_000), 'done done done here')
})

test('a secret on the screen is saved before anything else', () => {
  assert.equal(states(issued, { isSecretShown: true }), 'done here later later')
})

test('a secret that was not used counts as saved only where the reader has said so', () => {
  assert.equal(states(issued, { isSaved: true }), 'done done here later')
})

test('after the old secret was ended all steps are done', () => {
  assert.equal(states(stable, { isEnded: true }), 'done done done done')
})

test('a new secret that is in use, or that the provider made, cannot be taken back here', () => {
  assert.equal(reasonAgainstCancel({ ...issued, startedBy: 'client' }, now), undefined)
  assert.match(reasonAgainstCancel({ ...overlapping, startedBy: 'client' }, now) ?? '', /in use/)
  assert.match(reasonAgainstCancel({ ...issued, startedBy: 'operator' }, now) ?? '', /provider/)
})

test('a session that stands on the old secret proves the new one before the old one ends', () => {
  assert.deepEqual(
    (['old', 'new', null, undefined] as const).map((secretId) =>
      needsProof(overlapping, { kind: 'client', ...(secretId !== undefined && { secretId }) }),
    ),
    [true, false, false, true],
  )
})

test('the session of a person stands on no secret', () => {
  assert.equal(needsProof(overlapping, { kind: 'person' }), false)
})

test('an address that used both secrets has the time of the new one with the new one', () => {
  const [newLastAt, oldLastAt] = ['2026-01-10T11:58:00Z', '2026-01-10T11:55:00Z']
  const line = describePlace({ address: '127.0.0.1', userAgent: 'curl', newLastAt, oldLastAt, standing: 'both' })
  assert.deepEqual([line.words, line.at], ['has the new secret', newLastAt])
})
