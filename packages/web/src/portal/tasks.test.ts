import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tasksOf, type TaskFacts } from './tasks.ts'

const now = Date.parse('2026-01-10T12:00:00Z')
const secret = {
  id: 'one',
  lastFour: '9fQz',
  createdAt: '2026-01-01T00:00:00Z',
  firstUsedAt: '2026-01-01T00:00:00Z',
  lastUsedAt: '2026-01-10T11:59:00Z',
  expiresAt: null,
  state: 'current',
} as const
const sound: TaskFacts = {
  organization: {
    status: 'active',
    dpa: { status: 'accepted', requiredVersion: '2026-01', acceptedVersion: '2026-01', acceptedAt: '2026-01-02T00:00:00Z' },
  },
  client: { enabled: true, serviceAccountEnabled: true, secrets: [secret] },
  rotation: {
    state: 'stable',
    secrets: [secret],
    startedAt: null,
    windowEndsAt: null,
    oldSecretLastUsedAt: null,
    confirmableAt: null,
    endAdvisedAt: null,
    oldSecretUsualGapSeconds: null,
    due: { remindAt: '2026-04-01T00:00:00Z', isDue: false },
  },
  versions: [{ version: '2026-01', requiredFrom: '2026-01-01T00:00:00Z' }],
  refused: 0,
  lastTokenAt: secret.lastUsedAt,
}

const titles = (facts: Partial<TaskFacts>) =>
  tasksOf({ ...sound, ...facts }, { client: '/clients/a' }, now, 'UTC').map(({ title }) => title)

test('an integration that works has nothing to do', () => {
  assert.deepEqual(titles({}), [])
})

test('what stops every call comes before what is only due', () => {
  const dpa = { ...sound.organization.dpa, status: 'outdated', requiredVersion: '2026-07' } as const
  const rotation = { ...sound.rotation, due: { ...sound.rotation.due, isDue: true } }
  assert.deepEqual(titles({ organization: { status: 'active', dpa }, rotation, refused: 2 }), [
    'The agreement 2026-07 is required.',
    'It is time to replace the secret.',
    '2 requests were refused in the last 24 hours.',
  ])
})

test('what only the provider can change has no step', () => {
  const found = tasksOf(
    { ...sound, organization: { ...sound.organization, status: 'suspended' }, client: { ...sound.client, enabled: false } },
    { client: '/clients/a' },
    now,
  )
  assert.deepEqual(
    found.map(({ title, step }) => [title, step]),
    [
      ['Your organization is suspended.', undefined],
      ['This client is disabled.', undefined],
    ],
  )
})

test('a version that becomes required soon is named with its day, unless it or a higher one is accepted', () => {
  const next = { version: '2026-07', requiredFrom: '2026-02-01T00:00:00Z' }
  assert.deepEqual(titles({ versions: [next, ...sound.versions] }), ['Accept the agreement 2026-07 before 1 Feb 00:00.'])
  const dpa = { ...sound.organization.dpa, acceptedVersion: '2026-07' }
  assert.deepEqual(titles({ versions: [next, ...sound.versions], organization: { status: 'active', dpa } }), [])
})

test('a replacement under way says whether the old secret can be ended, or would cut something off', () => {
  const both = {
    ...sound.rotation,
    secrets: [
      { ...secret, id: 'two', state: 'new' as const },
      { ...secret, state: 'old' as const },
    ],
  }
  const started = { ...both, state: 'overlapping' as const, startedAt: '2026-01-09T00:00:00Z', oldSecretLastUsedAt: '2026-01-10T11:59:00Z' }
  const far = { windowEndsAt: '2026-01-20T12:00:00Z' }
  assert.deepEqual(
    titles({ rotation: { ...started, ...far, confirmableAt: '2026-01-10T12:06:00Z', endAdvisedAt: '2026-01-10T12:06:00Z' } }),
    ['A replacement of the secret is in progress.'],
  )
  assert.deepEqual(
    titles({ rotation: { ...started, ...far, confirmableAt: '2026-01-10T11:00:00Z', endAdvisedAt: '2026-01-10T11:00:00Z' } }),
    ['You can end the old secret now.'],
  )
  const near = { windowEndsAt: '2026-01-11T12:00:00Z' }
  assert.deepEqual(
    titles({ rotation: { ...started, ...near, confirmableAt: '2026-01-10T12:06:00Z', endAdvisedAt: '2026-01-10T12:06:00Z' } }),
    ['The old secret ends in 24 h, and is still needed.'],
  )
})

test('a backend that does not ask any more, or never did, is not called working', () => {
  assert.deepEqual(titles({ lastTokenAt: null }), ['No token was requested yet.'])
  assert.deepEqual(titles({ lastTokenAt: '2026-01-07T12:00:00Z' }), ['No token was requested for 3 days.'])
})
