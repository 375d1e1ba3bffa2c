import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SigningAlgorithmName } from '@countersign/protocol'
import { parseConfiguration } from '../configuration/configuration.ts'
import type { KeyRow, RealmKeyRows } from './key-rows.ts'
import { isOverdue, maySignFrom, nextSteps, retainedUntil, rulesOf, type KeyStep } from './key-states.ts'

const day = 86_400_000
const now = 1000 * day
const lease = 300_000

function aRealm(settings: object = {}) {
  const realm = { issuer: '/one', tokenEndpoint: '/t', audience: 'a', signingAlgorithm: 'ES256', ...settings }
  return parseConfiguration(JSON.stringify({ realms: { one: realm } }), '/').realms.get('one')!
}

/** @param at the number of days before now at which it got its state */
function aKey(kid: string, state: KeyRow['state'], at = 0, more: Partial<KeyRow> = {}): KeyRow {
  const instant = now - at * day
  return {
    kid,
    realm: 'one',
    algorithm: 'ES256',
    state,
    further: 0,
    wrapped_private_key: 'wrapped',
    created_at: instant,
    thumbprint: kid,
    origin: 'made',
    certificates: null,
    published_at: instant,
    activated_at: state === 'staged' ? null : instant,
    retain_until: state === 'retiring' ? instant : null,
    state_at: instant,
    longest_lifetime: 300,
    ...more,
  }
}

const ended = (algorithm: SigningAlgorithmName = 'ES256', further = 0) => [{ algorithm, further }]
const rs256 = { algorithm: 'RS256' } as const
const eddsa = { algorithm: 'EdDSA', further: 1 } as const

interface Case {
  readonly rows: RealmKeyRows['live']
  readonly ended?: RealmKeyRows['ended']
  readonly settings?: object
  /** "step algorithm or id @ days from now", in the order of the rows. */
  readonly expected: readonly string[]
}

const cases: Readonly<Record<string, Case>> = {
  'a realm without any key waits for the first need': { rows: [], expected: [] },
  'an active key gets a reserve at once': { rows: [aKey('a', 'active', 1)], expected: ['stage ES256 @ 0'] },
  'the reserve signs when the active key is old enough': {
    rows: [aKey('a', 'active', 80), aKey('b', 'staged', 80)],
    expected: ['activate b @ 10'],
  },
  'a reserve that was staged late signs when it was published long enough': {
    rows: [aKey('a', 'active', 100), aKey('b', 'staged', 0.5)],
    expected: ['activate b @ 0.504'],
  },
  'of two in reserve the one that was published longest signs': {
    rows: [aKey('a', 'active', 90), aKey('b', 'staged', 1), aKey('c', 'staged', 2)],
    expected: ['activate c @ 0'],
  },
  'abuse 201: after months without a run, one step of each is due': {
    rows: [aKey('a', 'active', 400), aKey('b', 'staged', 400), aKey('c', 'retiring', 400)],
    expected: ['retire c @ -400', 'activate b @ -310'],
  },
  'without rotation a reserve is kept and not used': {
    settings: { signingKeys: { rotateEvery: 'none' } },
    rows: [aKey('a', 'active', 4000), aKey('b', 'staged', 4000)],
    expected: [],
  },
  'without rotation a reserve is staged': {
    settings: { signingKeys: { rotateEvery: 'none' } },
    rows: [aKey('a', 'active', 4000)],
    expected: ['stage ES256 @ 0'],
  },
  'after a compromise the reserve signs once every node publishes it': {
    rows: [aKey('b', 'staged', 0)],
    ended: ended(),
    expected: ['activate b @ 0.004'],
  },
  'after a compromise without a reserve, one is staged, and none signs at once': {
    rows: [],
    ended: ended(),
    expected: ['stage ES256 @ 0'],
  },
  'an imported key that verifiers know waits only for the nodes': {
    rows: [aKey('a', 'active', 90), aKey('b', 'staged', 0, { published_at: 0 })],
    expected: ['activate b @ 0.004'],
  },
  'a new own algorithm is staged, and the old key goes on': {
    rows: [aKey('a', 'active', 1, rs256), aKey('b', 'staged', 1, rs256)],
    expected: ['stage ES256 @ 0', 'activate b @ 89'].toSorted(),
  },
  'a new own algorithm signs when it was published long enough, not at the age of the old key': {
    rows: [aKey('a', 'active', 1, rs256), aKey('b', 'staged', 1, rs256), aKey('c', 'staged', 0.25)],
    expected: ['activate b @ 89', 'activate c @ 0.754'],
  },
  'abuse 207: the key of the algorithm before is kept active for as long as a change of the configuration takes, and then retires': {
    rows: [aKey('a', 'active', 50, rs256), aKey('c', 'active', 0.25), aKey('d', 'staged', 0.25)],
    expected: ['activate d @ 89.75', 'retire a @ 0.754'],
  },
  'an old server that has not got the new algorithm yet does not retire its key': {
    settings: { signingAlgorithm: 'RS256' },
    rows: [aKey('a', 'active', 50, rs256), aKey('b', 'staged', 50, rs256), aKey('c', 'active', 0.25)],
    expected: ['activate b @ 40', 'retire c @ 0.754'],
  },
  'a further algorithm that never had a key waits for the first need': {
    settings: { signingAlgorithms: ['EdDSA'] },
    rows: [aKey('a', 'active', 1), aKey('b', 'staged', 1)],
    expected: ['activate b @ 89'],
  },
  'a further algorithm has a reserve, too': {
    settings: { signingAlgorithms: ['EdDSA'] },
    rows: [aKey('a', 'active', 1), aKey('b', 'staged', 1), aKey('e', 'active', 1, eddsa)],
    expected: ['activate b @ 89', 'stage EdDSA @ 0'],
  },
  'a further algorithm that had a key is staged again': {
    settings: { signingAlgorithms: ['EdDSA'] },
    rows: [aKey('a', 'active', 1), aKey('b', 'staged', 1)],
    ended: ended('EdDSA', 1),
    expected: ['activate b @ 89', 'stage EdDSA @ 0'],
  },
  'a key of an algorithm that single clients had is left to the operator': {
    rows: [aKey('a', 'active', 1), aKey('b', 'staged', 1), aKey('e', 'active', 1, eddsa)],
    expected: ['activate b @ 89'],
  },
  'a key of the version before counts from its creation': {
    rows: [aKey('a', 'active', 80, { activated_at: null, published_at: null, thumbprint: null }), aKey('b', 'staged', 80)],
    expected: ['activate b @ 10'],
  },
}

for (const [title, { rows: live, ended = [], settings, expected }] of Object.entries(cases))
  test(title, () => {
    const realm = aRealm(settings)
    const steps = nextSteps({ live, ended }, realm, { ...rulesOf(realm, lease), reserves: 1 }, now)
    assert.deepEqual(steps.map(describe).toSorted(), expected.toSorted())
  })

function describe(step: KeyStep): string {
  return `${step.step} ${step.step === 'stage' ? step.algorithm : step.kid} @ ${Math.round(((step.at - now) / day) * 1000) / 1000}`
}

test('abuse 197: a key signs after the time for verifiers and for nodes, in an emergency after that for nodes, alone on a store at once', () => {
  const key = aKey('a', 'staged')
  const realm = aRealm()
  const after = (leaseMs: number, emergency: boolean, one = realm) => maySignFrom(key, rulesOf(one, leaseMs), emergency) - now
  assert.deepEqual([after(lease, false), after(lease, true)], [day + lease + 10_000, lease + 10_000])
  assert.deepEqual([after(0, false), after(0, true)], [day, 0])
  const quick = aRealm({ signingKeys: { rotateEvery: '10s', publishBefore: '1s' } })
  assert.deepEqual([after(lease, false, quick), after(0, false, quick)], [lease + 11_000, 1000])
})

test('with several nodes a second key is in reserve, so that one may sign at once after a rotation, too', () => {
  const realm = aRealm()
  const of = (...live: KeyRow[]) => nextSteps({ live, ended: [] }, realm, rulesOf(realm, lease), now).map(describe)
  const [active, reserve, second] = [aKey('a', 'active', 80), aKey('b', 'staged', 80), aKey('c', 'staged', 1)]
  assert.deepEqual(of(active, reserve), ['stage ES256 @ 0'])
  assert.deepEqual(of(active, reserve, second), ['activate b @ 10'])
  assert.deepEqual(of(reserve), ['activate b @ -79.996'], 'where nothing signs, that comes first')
})

test('a key is retained for the lease of a node that still signs with it, the longest life of its tokens and a minute', () => {
  assert.equal(retainedUntil(aKey('a', 'active', 0, { longest_lifetime: 3600 }), lease, now) - now, 300_000 + 3_600_000 + 60_000)
})

test('abuse 201: a key is overdue a week after its rotation was due, or after 400 days without rotation', () => {
  const rules = rulesOf(aRealm(), lease)
  const never = rulesOf(aRealm({ signingKeys: { rotateEvery: 'none' } }), lease)
  const at = (days: number, one = rules) => isOverdue(aKey('a', 'active', days), one, now)
  assert.deepEqual([at(98), at(98.01), at(400, never), at(400.01, never)], [false, true, false, true])
})
