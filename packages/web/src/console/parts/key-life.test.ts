import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lifeOf, sortKeys, successorOf, type SigningKey } from './key-life.ts'

const [made, signed, left, ended] = ['2026-06-01', '2026-09-01', '2026-11-28', '2026-11-29'].map((day) => `${day}T00:00:00.000Z`) as [
  string,
  string,
  string,
  string,
]

function aKey(more: Partial<SigningKey> = {}): SigningKey {
  return {
    keyId: 'a',
    realm: 'prod',
    algorithm: 'ES256',
    state: 'staged',
    origin: 'made',
    createdAt: made,
    ageSeconds: 0,
    publishedAt: made,
    activatedAt: null,
    stateSince: made,
    reserve: false,
    maySignFrom: signed,
    maySignInEmergencyFrom: made,
    keptUntil: null,
    certificates: [],
    ...more,
  }
}

const pictured = (key: SigningKey) => {
  const { states, current } = lifeOf(key)
  return states.map(({ name, at }, index) => `${index === current ? '*' : ''}${name} ${at?.slice(5, 10) ?? '-'}`).join(', ')
}

test('a staged key is published and will sign, one that signs has begun, and one that retires will end', () => {
  const active = { state: 'active', activatedAt: signed, maySignFrom: null } as const
  assert.equal(pictured(aKey()), '*published 06-01, signs 09-01, only verifies -, ended -')
  assert.equal(pictured(aKey(active)), 'published 06-01, *signs 09-01, only verifies -, ended -')
  const retiring = { ...active, state: 'retiring', stateSince: left, keptUntil: ended } as const
  assert.equal(pictured(aKey(retiring)), 'published 06-01, signed 09-01, *only verifies 11-28, ended 11-29')
  assert.equal(
    pictured(aKey({ ...active, state: 'retired', stateSince: ended })),
    'published 06-01, signed 09-01, only verifies -, *ended 11-29',
  )
})

test('a compromised key ends there, whether it signed or not', () => {
  const compromised = { state: 'compromised', stateSince: left, maySignFrom: null } as const
  assert.equal(pictured(aKey(compromised)), 'published 06-01, *compromised 11-28')
  assert.equal(pictured(aKey({ ...compromised, activatedAt: signed })), 'published 06-01, signed 09-01, *compromised 11-28')
})

test('a key that verifiers knew before it was imported is known since it came here', () => {
  assert.equal(lifeOf(aKey({ publishedAt: null, createdAt: signed })).states[0]!.at, signed)
})

test('keys are sorted by what they do, the reserve before other staged ones', () => {
  const keys = [
    aKey({ keyId: 'old', state: 'retiring' }),
    aKey({ keyId: 'next' }),
    aKey({ keyId: 'reserve', reserve: true }),
    aKey({ keyId: 'now', state: 'active' }),
  ]
  assert.deepEqual(
    sortKeys(keys).map(({ keyId }) => keyId),
    ['now', 'reserve', 'next', 'old'],
  )
})

test('the successor is the staged key of the same algorithm that may sign first', () => {
  const active = aKey({ keyId: 'now', state: 'active' })
  const late = aKey({ keyId: 'late', maySignInEmergencyFrom: ended })
  const early = aKey({ keyId: 'early', maySignInEmergencyFrom: signed })
  const other = aKey({ keyId: 'other', algorithm: 'RS256', maySignInEmergencyFrom: made })
  assert.deepEqual(successorOf(active, [active, late, early, other]), { keyId: 'early', from: signed })
  assert.equal(successorOf(active, [active, other]), undefined)
})
