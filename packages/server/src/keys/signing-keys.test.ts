import assert from 'node:assert/strict'
import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import type { SigningAlgorithmName, TokenProfileName } from '@countersign/protocol'
import { parseConfiguration } from '../configuration/configuration.ts'
import { openStore, type Store } from '../store/store.ts'
import type { Damage } from '../store/damage.ts'
import { createKeyRow } from './create-keys.ts'
import { KeyRingError } from './key-ring.ts'
import { wrap } from './key-wrapping.ts'
import { thumbprint } from './public-jwk.ts'
import { openSigningKeys, type RealmKeys } from './realm-keys.ts'

const ring = { versions: new Map([[1, createSecretKey(Buffer.alloc(32, 1))]]), currentVersion: 1 }
const realmsWith = (algorithm: SigningAlgorithmName | undefined, ...names: string[]) =>
  parseConfiguration(
    JSON.stringify({
      realms: Object.fromEntries(
        names.map((name) => [name, { issuer: `/${name}`, tokenEndpoint: `/${name}/t`, audience: name, signingAlgorithm: algorithm }]),
      ),
    }),
    '/',
  ).realms

async function aStore(t: TestContext) {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  const load = async (realms: ReturnType<typeof realmsWith>) => {
    const keys = await openSigningKeys({ store, realms, ring, clock: () => 0 })
    await keys.openAll(new AbortController().signal)
    return keys
  }
  return { store, load }
}

test('the key of a realm is created once, and kept', async (t) => {
  const { load } = await aStore(t)
  const [first, second] = [await load(realmsWith('ES256', 'one')), await load(realmsWith('ES256', 'one'))]
  assert.equal(first.of('one').active(null)!.kid, second.of('one').active(null)!.kid)
  assert.deepEqual(first.of('one').published()!, second.of('one').published()!)
})

for (const algorithm of ['ES256', 'ES512', 'RS256', 'EdDSA'] as const) {
  test(`RFC 7638 §3: the kid of an ${algorithm} key is its thumbprint`, async (t) => {
    const { load } = await aStore(t)
    const [jwk] = (await load(realmsWith(algorithm, 'one'))).of('one').published()!
    assert.equal(jwk!.kid, await calculateJwkThumbprint(jwk!))
  })
}

test('each realm has its own key', async (t) => {
  const { load } = await aStore(t)
  const keys = await load(realmsWith('ES256', 'one', 'two'))
  assert.notEqual(keys.of('one').active(null)!.kid, keys.of('two').active(null)!.kid)
  assert.equal(keys.of('one').published()!.length, 1)
})

/** As version 0.1.0 did at once, where the configuration named another algorithm. */
async function giveKey(store: Store, algorithm: SigningAlgorithmName, state: 'staged' | 'active' = 'active'): Promise<string> {
  const row = await createKeyRow('one', algorithm, ring, 0)
  await store.db
    .insertInto('signing_keys')
    .values({ ...row, state })
    .execute()
  return row.kid
}

test('abuse 207: a new algorithm of a realm signs once a key of it does, and the realm goes on with the old one until then', async (t) => {
  const { store, load } = await aStore(t)
  const { kid } = (await load(realmsWith('EdDSA', 'one'))).of('one').active(null)!
  const open = async () => (await load(realmsWith('ES256', 'one'))).of('one')
  assert.equal((await open()).active(null)!.kid, kid)
  const next = await giveKey(store, 'ES256', 'staged')
  const staged = await open()
  const kidsOf = (keys: RealmKeys) => keys.published()!.map((jwk) => jwk.kid)
  assert.deepEqual([staged.active(null)!.kid, kidsOf(staged).toSorted()], [kid, [kid, next].toSorted()])
  await store.db.updateTable('signing_keys').set({ state: 'active', activated_at: 1 }).where('kid', '=', next).execute()
  const changed = await open()
  assert.deepEqual([changed.active(null)!.algorithm, changed.active(null)!.kid], ['ES256', next])
  assert.deepEqual(kidsOf(changed).toSorted(), [kid, next].toSorted())
})

/** A realm whose configuration names no algorithm. */
const realmOf = (tokenProfile: TokenProfileName) =>
  parseConfiguration(
    JSON.stringify({
      realms: { one: { issuer: '/one', tokenEndpoint: '/t', tokenProfile, ...(tokenProfile !== 'cognito' && { audience: 'a' }) } },
    }),
    '/',
  ).realms

for (const [profile, algorithm] of [
  ['keycloak', 'RS256'],
  ['cognito', 'RS256'],
  ['rfc9068', 'ES256'],
] as const) {
  test(`fault 7.4: a new realm of the profile ${profile} signs by ${algorithm} if its configuration names no algorithm`, async (t) => {
    const { load } = await aStore(t)
    const keys = (await load(realmOf(profile))).of('one')
    assert.deepEqual([keys.algorithms()[0], keys.active(null)!.algorithm, keys.published()![0]!.alg], [algorithm, algorithm, algorithm])
  })

  test(`fault 7.4: a realm of the profile ${profile} that has a key keeps its algorithm without a setting, and follows the setting`, async (t) => {
    const { store, load } = await aStore(t)
    for (const had of ['EdDSA', 'ES256'] as const) {
      const kid = await giveKey(store, had)
      const keys = (await load(realmOf(profile))).of('one')
      assert.deepEqual([keys.active(null)!.kid, keys.algorithms()[0]], [kid, had])
    }
    await giveKey(store, 'PS256')
    assert.equal((await load(realmsWith('PS256', 'one'))).of('one').active(null)!.algorithm, 'PS256')
    assert.equal((await load(realmOf(profile))).of('one').algorithms()[0], 'ES256', 'the only default of 0.1.0')
  })
}

test('abuse 203: a wrapped key that was moved to another row is rejected', async (t) => {
  const { store, load } = await aStore(t)
  await load(realmsWith('ES256', 'one', 'two'))
  const [one] = await store.db.selectFrom('signing_keys').selectAll().where('realm', '=', 'one').execute()
  await store.db.updateTable('signing_keys').set({ wrapped_private_key: one!.wrapped_private_key }).where('realm', '=', 'two').execute()
  await assert.rejects(load(realmsWith('ES256', 'one', 'two')), KeyRingError)
})

test('the store contains no private key in the clear', async (t) => {
  const { store, load } = await aStore(t)
  await load(realmsWith('ES256', 'one'))
  assert.ok(!/PRIVATE|"d"/.test(JSON.stringify(await store.db.selectFrom('signing_keys').selectAll().execute())))
})

test('abuse 203: a row written into the store by hand is never published, whatever thumbprint it has', async (t) => {
  const { store, load } = await aStore(t)
  const realms = realmsWith('ES256', 'one')
  await load(realms)
  const own = await store.db.selectFrom('signing_keys').selectAll().executeTakeFirstOrThrow()
  for (const thumbprint of ['forged', null]) {
    const forged = { ...own, kid: `forged ${thumbprint}`, thumbprint, state: 'staged' as const }
    await store.db.insertInto('signing_keys').values(forged).execute()
    await assert.rejects(load(realms), KeyRingError)
    await store.db
      .updateTable('signing_keys')
      .set({ state: 'compromised', wrapped_private_key: '' })
      .where('kid', '=', forged.kid)
      .execute()
    assert.equal((await load(realms)).of('one').active(null)!.kid, own.kid)
  }
})

test('fault 3.3: a signing key in the store that guards would refuse is not used, and the reason is told', async (t) => {
  const { store } = await aStore(t)
  const realms = realmsWith('RS256', 'one')
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
  const kid = thumbprint(publicKey)
  const binding = JSON.stringify(['signing key', 'one', 'RS256', kid])
  const wrapped_private_key = wrap(ring, binding, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  const row = { kid, realm: 'one', algorithm: 'RS256', state: 'active' as const, wrapped_private_key, created_at: 0 }
  await store.db.insertInto('signing_keys').values(row).execute()
  const damages: Damage[] = []
  const keys = await openSigningKeys({ store, realms, ring, clock: () => 0, onDamage: (damage) => damages.push(damage) })
  assert.equal(keys.of('one').active(null), undefined)
  assert.equal(damages[0]?.row, kid)
  assert.match(damages[0]?.reason ?? '', /must have an odd exponent/)
})

test('fault 5.4: opening the keys of 50 realms creates no RSA key and decrypts none; the first need does, once', async (t) => {
  const { store } = await aStore(t)
  const realms = realmsWith('RS256', ...Array.from({ length: 50 }, (_, i) => `realm-${i}`))
  const countRows = async () => (await store.db.selectFrom('signing_keys').select('kid').execute()).length
  const keys = await openSigningKeys({ store, realms, ring, clock: () => 0 })
  assert.equal(await countRows(), 0)
  await Promise.all([keys.of('realm-7').open(), keys.of('realm-7').open(), keys.of('realm-7').find('unknown')])
  assert.equal(await countRows(), 1)
  assert.equal(keys.of('realm-7').published()?.length, 1)

  const otherRing = { versions: new Map([[1, createSecretKey(Buffer.alloc(32, 2))]]), currentVersion: 1 }
  const unread = await openSigningKeys({ store, realms, ring: otherRing, clock: () => 0 })
  await assert.rejects(unread.of('realm-7').open(), KeyRingError)
})

test('fault 5.4: the keys of 1,200 realms that are quick to create are created together at the first start', async (t) => {
  const { store } = await aStore(t)
  const realms = realmsWith('EdDSA', ...Array.from({ length: 1200 }, (_, i) => `realm-${i}`))
  await openSigningKeys({ store, realms, ring, clock: () => 0 })
  const rows = await store.db.selectFrom('signing_keys').select('realm').distinct().execute()
  assert.equal(rows.length, 1200)
})

test('fault 5.4: of two nodes that need the key of a realm at once, one creates it and both use it', async (t) => {
  const { store } = await aStore(t)
  const realms = realmsWith('RS256', 'one')
  const open = () => openSigningKeys({ store, realms, ring, clock: () => 0 })
  const [first, second] = [(await open()).of('one'), (await open()).of('one')]
  await Promise.all([first.open(), second.open()])
  assert.equal(first.active(null)?.kid, second.active(null)?.kid)
  assert.ok(await second.find(first.active(null)!.kid))
})

test('fault 5.4: the keys that are not needed yet are opened between requests, until the server stops', async (t) => {
  const { store } = await aStore(t)
  const keys = await openSigningKeys({ store, realms: realmsWith('PS256', 'one', 'two'), ring, clock: () => 0 })
  const stopping = new AbortController()
  stopping.abort()
  await keys.openAll(stopping.signal)
  assert.deepEqual(await store.db.selectFrom('signing_keys').select('kid').execute(), [])
  await keys.openAll(new AbortController().signal)
  assert.equal((await store.db.selectFrom('signing_keys').select('kid').execute()).length, 2)
})

/** A realm with further algorithms. */
const realmWithAll = (signingAlgorithm: SigningAlgorithmName, signingAlgorithms: readonly SigningAlgorithmName[]) =>
  parseConfiguration(
    JSON.stringify({ realms: { one: { issuer: '/one', tokenEndpoint: '/t', audience: 'a', signingAlgorithm, signingAlgorithms } } }),
    '/',
  ).realms

test('a realm has one active key for each of its algorithms; those that are quick to create are there at the start', async (t) => {
  const { store } = await aStore(t)
  const realms = realmWithAll('ES256', ['RS256', 'EdDSA', 'ES256', 'EdDSA'])
  const open = async () => (await openSigningKeys({ store, realms, ring, clock: () => 0 })).of('one')
  const keys = await open()
  assert.deepEqual(keys.algorithms(), ['ES256', 'RS256', 'EdDSA'])
  await keys.open('EdDSA')
  const algorithmsOf = async () => (await store.db.selectFrom('signing_keys').select('algorithm').orderBy('algorithm').execute()).length
  assert.deepEqual([await algorithmsOf(), keys.active('RS256')], [2, undefined])
  await keys.open('RS256')
  assert.deepEqual([await algorithmsOf(), keys.published()?.length], [3, 3])
  const kids = keys.algorithms().map((algorithm) => keys.active(algorithm)?.kid)
  assert.equal(new Set(kids).size, 3)
  assert.equal(keys.active(null)?.kid, kids[0])
  const again = await open()
  assert.deepEqual([again.algorithms().map((algorithm) => again.active(algorithm)?.kid), again.active('PS512')], [kids, undefined])
})

test('a token by a key that another node has just created is verified by a node that lacks it', async (t) => {
  const { store } = await aStore(t)
  const open = async () => (await openSigningKeys({ store, realms: realmWithAll('ES256', ['PS256']), ring, clock: () => 0 })).of('one')
  const [first, second] = [await open(), await open()]
  await Promise.all([first.open(), second.open('ES256')])
  const { kid } = first.active('PS256')!
  assert.equal((await second.find(kid))?.kid, kid)
  assert.equal(second.active('PS256')?.kid, kid)
})

test('an algorithm that the configuration no longer has signs nothing, and its key still verifies', async (t) => {
  const { store, load } = await aStore(t)
  const { kid } = (await load(realmWithAll('ES256', ['EdDSA']))).of('one').active('EdDSA')!
  const keys = (await load(realmWithAll('ES256', []))).of('one')
  assert.deepEqual([keys.algorithms(), keys.active('EdDSA')], [['ES256'], undefined])
  assert.ok(keys.published()!.some((jwk) => jwk.kid === kid))
  assert.ok(await keys.find(kid))
  assert.equal((await store.db.selectFrom('signing_keys').select('kid').execute()).length, 2)
})

for (const [own, further] of [
  ['ES256', 'EdDSA'],
  ['EdDSA', 'ES256'],
] as const) {
  test(`abuse 203: a damaged ${further} key takes no tokens of ${own} with it, is not replaced, and an unknown key may be it`, async (t) => {
    const { store, load } = await aStore(t)
    await load(realmWithAll('ES256', ['EdDSA']))
    await store.db.updateTable('signing_keys').set({ wrapped_private_key: 'no' }).where('algorithm', '=', further).execute()
    const damages: string[] = []
    const onDamage = ({ row }: Damage) => void damages.push(row)
    const keys = (await openSigningKeys({ store, realms: realmWithAll('ES256', ['EdDSA']), ring, clock: () => 0, onDamage })).of('one')
    await keys.open()
    const signing = keys.active(own)!
    assert.deepEqual([signing.algorithm, keys.active(further)], [own, undefined])
    assert.deepEqual(
      keys.published()!.map(({ kid }) => kid),
      [signing.kid],
    )
    assert.ok(keys.find(signing.kid))
    assert.throws(() => keys.find(damages[0]!), /must not be used/)
    assert.equal((await store.db.selectFrom('signing_keys').select('kid').execute()).length, 2)
  })
}

test('a further key that the store does not take is created once, and the others of the realm are used meanwhile', async (t) => {
  const { store } = await aStore(t)
  let isAway = false
  const transact: typeof store.transact = (work) => (isAway ? Promise.reject(new Error('read-only')) : store.transact(work))
  /** Asked once for each key that is created. */
  let created = 0
  const clock = () => ++created
  const realms = realmWithAll('ES256', ['RS256'])
  const keys = (await openSigningKeys({ store: { ...store, transact }, realms, ring, clock })).of('one')
  isAway = true
  for (let attempt = 1; attempt <= 3; attempt++) {
    await assert.rejects(keys.open(), /read-only/)
    await keys.open('ES256')
    assert.equal(keys.published()?.length, 1)
  }
  isAway = false
  await keys.open()
  assert.deepEqual([keys.published()?.length, keys.active('RS256')?.algorithm, created], [2, 'RS256', 2])
})

test('a realm whose configuration names no algorithm keeps its own where another server has created a further one', async (t) => {
  const { load } = await aStore(t)
  const before = (await load(realmOf('keycloak'))).of('one')
  const { kid } = before.active(null)!
  await load(realmWithAll('RS256', ['ES256']))
  const after = (await load(realmOf('keycloak'))).of('one')
  assert.deepEqual([after.algorithms(), after.active(null)?.kid, after.published()?.length], [['RS256'], kid, 2])
})
