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
  clients: [client()],
  versions: [{ version: '2026-01', requiredFrom: '2026-01-01T00:00:00Z' }],
  requests: [],
  refused: 0,
  mayAccept: false,
}

type Client = TaskFacts['clients'][number]

function client(members: Partial<Client> = {}, standing: Partial<Client['standing']> = {}): Client {
  return {
    clientId: 'a',
    name: 'Order backend',
    enabled: true,
    serviceAccountEnabled: true,
    secrets: [secret],
    standing: {
      rotation: 'stable',
      windowEndsAt: null,
      confirmable: false,
      cutsOff: null,
      due: false,
      lastUsedAt: '2026-01-10T11:59:00Z',
      refused: { today: 0, yesterday: 0 },
      ...standing,
    },
    ...members,
  }
}

const titles = (facts: Partial<TaskFacts>) => tasksOf({ ...sound, ...facts }, now, 'UTC').map(({ title }) => title)

test('an integration that works has nothing to do', () => {
  assert.deepEqual(titles({}), [])
})

test('what stops every call comes before what is only due', () => {
  const dpa = { ...sound.organization.dpa, status: 'outdated', requiredVersion: '2026-07' } as const
  assert.deepEqual(titles({ organization: { status: 'active', dpa }, clients: [client({}, { due: true })], refused: 2 }), [
    'The agreement 2026-07 is required.',
    'It is time to replace the secret.',
    '2 requests were refused in the last 24 hours.',
  ])
})

test('what only the provider can change has no step', () => {
  const found = tasksOf(
    { ...sound, organization: { ...sound.organization, status: 'suspended' }, clients: [client({ enabled: false })] },
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
  const [far, near] = ['2026-01-20T12:00:00Z', '2026-01-11T12:00:00Z']
  const ofStanding = (standing: Partial<Client['standing']>) => titles({ clients: [client({}, standing)] })
  for (const confirmable of [false, true])
    assert.deepEqual(ofStanding({ rotation: 'overlapping', windowEndsAt: far, confirmable, cutsOff: 'old-in-use' }), [
      'A replacement of the secret is in progress.',
    ])
  assert.deepEqual(ofStanding({ rotation: 'overlapping', windowEndsAt: far, confirmable: true }), ['You can end the old secret now.'])
  assert.deepEqual(ofStanding({ rotation: 'issued', windowEndsAt: near, cutsOff: 'new-unused' }), [
    'The old secret ends in 24 h, and is still needed.',
  ])
})

test('a backend that does not ask any more, or never did, is not called working', () => {
  const unused = { ...secret, lastUsedAt: null }
  assert.deepEqual(titles({ clients: [client({ secrets: [unused] }, { lastUsedAt: null })] }), ['No token was requested yet.'])
  assert.deepEqual(titles({ clients: [client({}, { lastUsedAt: '2026-01-07T12:00:00Z' })] }), ['No token was requested for 3 days.'])
})

test('of several clients, each is named', () => {
  const clients = [client(), client({ clientId: 'b', name: 'KYC worker' }, { due: true })]
  assert.deepEqual(titles({ clients }), ['KYC worker: it is time to replace the secret.'])
})

test('a client that was approved is there to be made, once', () => {
  const request = { id: 'one', kind: 'client', what: 'Reports', state: 'approved' } as const
  assert.deepEqual(titles({ requests: [request, { ...request, state: 'done' }] }), ['Your client “Reports” is approved.'])
  assert.equal(tasksOf({ ...sound, requests: [request] }, now)[0]?.step?.to, '/requests?make=one', 'where its form opens at once')
})

test('who may accept the agreement is asked to', () => {
  const dpa = { ...sound.organization.dpa, status: 'missing', acceptedVersion: null } as const
  const [task] = tasksOf({ ...sound, organization: { status: 'active', dpa }, mayAccept: true }, now)
  assert.deepEqual([task?.title, task?.step?.label], ['Accept the agreement 2026-01: it is required.', 'Read and accept'])
})
