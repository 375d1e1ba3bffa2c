import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import type { SigningAlgorithmName, TokenProfileName } from '@countersign/protocol'
import { parseConfiguration } from '../configuration/configuration.ts'
import { openStore } from '../store/store.ts'
import { KeyRingError } from './key-ring.ts'
import { openSigningKeys } from './realm-keys.ts'

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
  return { store, load: (realms: ReturnType<typeof realmsWith>) => openSigningKeys({ store, realms, ring, clock: () => 0 }) }
}

test('the key of a realm is created at the first start and kept', async (t) => {
  const { load } = await aStore(t)
  const [first, second] = [await load(realmsWith('ES256', 'one')), await load(realmsWith('ES256', 'one'))]
  assert.equal(first.of('one').active()!.kid, second.of('one').active()!.kid)
  assert.deepEqual(first.of('one').published()!, second.of('one').published()!)
})

for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
  test(`RFC 7638 §3: the kid of an ${algorithm} key is its thumbprint`, async (t) => {
    const { load } = await aStore(t)
    const [jwk] = (await load(realmsWith(algorithm, 'one'))).of('one').published()!
    assert.equal(jwk!.kid, await calculateJwkThumbprint(jwk!))
  })
}

test('each realm has its own key', async (t) => {
  const { load } = await aStore(t)
  const keys = await load(realmsWith('ES256', 'one', 'two'))
  assert.notEqual(keys.of('one').active()!.kid, keys.of('two').active()!.kid)
  assert.equal(keys.of('one').published()!.length, 1)
})

test('abuse 207: after a change of algorithm the realm signs with a new key and still publishes the old one', async (t) => {
  const { load } = await aStore(t)
  const { kid } = (await load(realmsWith('EdDSA', 'one'))).of('one').active()!
  const keys = (await load(realmsWith('ES256', 'one'))).of('one')
  const [active, published] = [keys.active()!, keys.published()!]
  assert.equal(active.algorithm, 'ES256')
  assert.deepEqual(published.map((jwk) => jwk.kid).toSorted(), [active.kid, kid].toSorted())
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
    assert.deepEqual([keys.algorithm(), keys.active()!.algorithm, keys.published()![0]!.alg], [algorithm, algorithm, algorithm])
  })

  test(`fault 7.4: a realm of the profile ${profile} that has a key keeps its algorithm without a setting, and follows the setting`, async (t) => {
    const { load } = await aStore(t)
    for (const had of ['EdDSA', 'ES256'] as const) {
      const { kid } = (await load(realmsWith(had, 'one'))).of('one').active()!
      const keys = (await load(realmOf(profile))).of('one')
      assert.deepEqual([keys.active()!.kid, keys.algorithm()], [kid, had])
    }
    assert.equal((await load(realmsWith('PS256', 'one'))).of('one').active()!.algorithm, 'PS256')
    assert.equal((await load(realmOf(profile))).of('one').algorithm(), 'ES256', 'the only default of 0.1.0')
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

test('abuse 203: a public key written into the store by hand is never published', async (t) => {
  const { store, load } = await aStore(t)
  const realms = realmsWith('ES256', 'one')
  const { kid } = (await load(realms)).of('one').active()!
  const own = await store.db.selectFrom('signing_keys').selectAll().executeTakeFirstOrThrow()
  const forged = { ...own, kid: 'forged', state: 'retiring' as const }
  await store.db.insertInto('signing_keys').values(forged).execute()
  await assert.rejects(load(realms), KeyRingError)
  await store.db.deleteFrom('signing_keys').where('kid', '=', 'forged').execute()
  assert.equal((await load(realms)).of('one').active()!.kid, kid)
})
