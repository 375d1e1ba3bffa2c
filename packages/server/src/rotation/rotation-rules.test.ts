import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SecretRecord } from '../cache/records.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import {
  decideCancel,
  decideConfirm,
  decideExtend,
  decideStart,
  quietFrom,
  readStanding,
  settingsFor,
  type RotationSettings,
} from './rotation-rules.ts'

const now = Date.UTC(2026, 0, 15, 12)
const [minute, day] = [60_000, 86_400_000]
const settings: RotationSettings = { window: 7 * 86_400, maxWindow: 30 * 86_400, remindAfter: 90 * 86_400, quietPeriod: 360 }

function aSecret(id: string, more: Partial<SecretRecord> = {}): SecretRecord {
  const none = {
    expiresAt: null,
    expiresAtBeforeRotation: null,
    startedBy: 'client' as const,
    firstUsedAt: null,
    lastUsedAt: null,
    remindedAt: null,
    tokensEndAt: null,
  }
  return { id, digest: Buffer.alloc(32), pepperVersion: 1, lastFour: id.slice(-4), createdAt: now - 100 * day, ...none, ...more }
}

const usedAt = (at: number) => ({ firstUsedAt: at, lastUsedAt: at })
const oldOne = aSecret('old', { expiresAt: now + 5 * day, ...usedAt(now - day) })
const newOne = aSecret('new', { createdAt: now - 2 * day })

/** Every state of a client, by its secrets, newest first. */
const states = {
  'no secret': [],
  stable: [aSecret('old')],
  'stable, the old secret has ended': [newOne, { ...oldOne, expiresAt: now }],
  'issued, old not in use': [newOne, oldOne],
  'issued, old in use': [newOne, { ...oldOne, lastUsedAt: now - minute }],
  'overlapping, neither in use': [{ ...newOne, ...usedAt(now - day) }, oldOne],
  'overlapping, old in use': [
    { ...newOne, ...usedAt(now - day) },
    { ...oldOne, lastUsedAt: now - minute },
  ],
  'overlapping, new in use': [{ ...newOne, ...usedAt(now - minute) }, oldOne],
} satisfies Record<string, SecretRecord[]>

/** The result of every event in every state: the id of the secret that ends, "-" for none, or the problem code. */
const table: Record<keyof typeof states, Record<keyof typeof events, string>> = {
  'no secret': {
    start: '-',
    forcedStart: '-',
    confirm: 'no-rotation',
    forcedConfirm: 'no-rotation',
    cancel: 'no-rotation',
    extend: 'no-rotation',
  },
  stable: {
    start: '-',
    forcedStart: '-',
    confirm: 'no-rotation',
    forcedConfirm: 'no-rotation',
    cancel: 'no-rotation',
    extend: 'no-rotation',
  },
  'stable, the old secret has ended': {
    start: '-',
    forcedStart: '-',
    confirm: 'no-rotation',
    forcedConfirm: 'no-rotation',
    cancel: 'no-rotation',
    extend: 'no-rotation',
  },
  'issued, old not in use': {
    start: 'rotation-in-progress',
    forcedStart: 'new',
    confirm: 'new-secret-unproven',
    forcedConfirm: 'old',
    cancel: 'new',
    extend: '-',
  },
  'issued, old in use': {
    start: 'rotation-in-progress',
    forcedStart: 'new',
    confirm: 'new-secret-unproven',
    forcedConfirm: 'old',
    cancel: 'new',
    extend: '-',
  },
  'overlapping, neither in use': {
    start: 'rotation-in-progress',
    forcedStart: 'old',
    confirm: 'old',
    forcedConfirm: 'old',
    cancel: 'new',
    extend: '-',
  },
  'overlapping, old in use': {
    start: 'rotation-in-progress',
    forcedStart: 'old-secret-in-use',
    confirm: 'old-secret-in-use',
    forcedConfirm: 'old',
    cancel: 'new',
    extend: '-',
  },
  'overlapping, new in use': {
    start: 'rotation-in-progress',
    forcedStart: 'old',
    confirm: 'old',
    forcedConfirm: 'old',
    cancel: 'new-secret-in-use',
    extend: '-',
  },
}

const events = {
  start: (secrets) => decideStart(readStanding(secrets, now), {}, settings, now).ended?.id,
  forcedStart: (secrets) => decideStart(readStanding(secrets, now), { force: true }, settings, now).ended?.id,
  confirm: (secrets) => decideConfirm(readStanding(secrets, now), false, settings, now).id,
  forcedConfirm: (secrets) => decideConfirm(readStanding(secrets, now), true, settings, now).id,
  cancel: (secrets) => decideCancel(readStanding(secrets, now), 'client', settings, now).ended.id,
  extend: (secrets) => (decideExtend(readStanding(secrets, now), 10 * 86_400, settings, now), undefined),
} satisfies Record<string, (secrets: readonly SecretRecord[]) => string | undefined>

for (const [state, secrets] of Object.entries(states) as [keyof typeof states, SecretRecord[]][]) {
  for (const [event, decide] of Object.entries(events) as [keyof typeof events, (typeof events)['start']][]) {
    const expected = table[state][event]
    test(`${state}: ${event} results in "${expected}"`, () => {
      assert.equal(
        comesTo(() => decide(secrets)),
        expected,
      )
    })
  }
}

test('the old secret expires at the end of the window, or earlier if it did before', () => {
  const windowEnd = (old: SecretRecord) => decideStart(readStanding([old], now), { window: 3600 }, settings, now).windowEndsAt
  assert.equal(windowEnd(aSecret('old')), now + 60 * minute)
  assert.equal(windowEnd(aSecret('old', { expiresAt: now + minute })), now + minute)
})

test('abuse 189: no window is longer than the realm allows, and the error names the bound', () => {
  const decide = () => decideStart(readStanding(states.stable, now), { window: 31 * 86_400 }, settings, now)
  assert.throws(decide, (error) => error instanceof ProblemError && /at most 2592000 seconds/.test(error.details.detail ?? ''))
})

test('abuse 189: a forced restart of a rotation counts from the own expiry of the old secret', () => {
  const old = { ...oldOne, expiresAtBeforeRotation: now + 6 * day }
  assert.equal(decideStart(readStanding([newOne, old], now), { force: true }, settings, now).windowEndsAt, now + 6 * day)
})

test('a new secret that would expire before the window ends is denied', () => {
  const start = { window: 3600, secretExpiresAt: now + 60 * minute }
  assert.equal(
    comesTo(() => decideStart(readStanding(states.stable, now), start, settings, now).ended?.id),
    'invalid-request',
  )
})

test('a window is extended up to the maximum of the realm, counted from the start, and never shortened', () => {
  const extend = (days: number) =>
    comesTo(() => String(decideExtend(readStanding(states['issued, old not in use'], now), days * 86_400, settings, now).windowEndsAt))
  assert.equal(extend(28), String(now + 28 * day))
  assert.equal(extend(29), 'invalid-request')
  assert.equal(extend(4), 'invalid-request')
})

test('a cancelled rotation restores the expiry of the old secret', () => {
  const old = { ...oldOne, expiresAtBeforeRotation: now + 9 * day }
  assert.equal(decideCancel(readStanding([newOne, old], now), 'client', settings, now).keptExpiresAt, now + 9 * day)
  assert.equal(decideCancel(readStanding([newOne, oldOne], now), 'client', settings, now).keptExpiresAt, null)
})

test('the error for an old secret in use names the instant from which it would not be in use', () => {
  assert.throws(
    () => decideConfirm(readStanding(states['overlapping, old in use'], now), false, settings, now),
    (error) => error instanceof ProblemError && /2026-01-15T12:05:00\.000Z \(confirmableAt\)/.test(error.details.detail ?? ''),
  )
})

const realm = { secretRotation: settings, accessTokenLifetime: 300 } as Realm
const lifetimes = [
  ['none of its own', null, 360],
  ['a shorter one', 60, 360],
  ['a longer one', 3600, 3660],
] as const
for (const [name, lifetime, quietPeriod] of lifetimes) {
  test(`fault 1.3: with ${name} of a realm with 5 min, the quiet period of a client is ${quietPeriod} s`, () => {
    assert.deepEqual(settingsFor(realm, lifetime), { ...settings, quietPeriod })
  })
}

test('fault 1.3: a secret counts as not in use at the earliest a minute after the latest expiry of its tokens', () => {
  const used = { ...oldOne, lastUsedAt: now - 10 * minute }
  assert.equal(quietFrom(used, settings), now - 4 * minute)
  assert.equal(quietFrom({ ...used, tokensEndAt: now - 5 * minute }, settings), now - 4 * minute)
  assert.equal(quietFrom({ ...used, tokensEndAt: now + 50 * minute }, settings), now + 51 * minute)
})

function comesTo(decide: () => string | undefined): string {
  try {
    return decide() ?? '-'
  } catch (error) {
    if (error instanceof ProblemError) return error.code
    throw error
  }
}

test('fault 1.7: a client cancels a rotation that it started itself, and the operator any', () => {
  const ofOperator = readStanding([{ ...newOne, startedBy: 'operator' }, oldOne], now)
  assert.equal(decideCancel(ofOperator, 'operator', settings, now).ended.id, newOne.id)
  assert.throws(() => decideCancel(ofOperator, 'client', settings, now), { code: 'rotation-of-the-operator' })
  const ofClient = readStanding(
    [
      { ...newOne, startedBy: 'client' },
      { ...oldOne, startedBy: 'operator' },
    ],
    now,
  )
  assert.equal(decideCancel(ofClient, 'client', settings, now).ended.id, newOne.id)
})
