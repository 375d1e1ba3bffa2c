import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClientKey } from '../../test/client-key.fixture.ts'
import type { CredentialRecord } from '../cache/records.ts'
import { FetchBusyError } from '../outbound/fetch-error.ts'
import { createFetchedKeys } from './fetched-keys.ts'
import { createMaterialReader } from './key-material.ts'
import { readKeySet } from './key-set.ts'

const url = 'https://backend.example/jwks'
const aPlace = (id = 'a'): CredentialRecord => ({
  id,
  kind: 'public_key',
  material: Buffer.from(JSON.stringify({ jwks_uri: url })),
  expiresAt: null,
})
const [first, second] = [createClientKey('ES256', 'a').jwk, createClientKey('ES256', 'b').jwk]
const minute = 60_000

function given(answer: () => unknown = () => ({ keys: [first] })) {
  const fetched: string[] = []
  const failures: string[] = []
  const source = { answer }
  const fetchJson = async (wanted: string) => {
    fetched.push(wanted)
    return source.answer()
  }
  const keys = createFetchedKeys(createMaterialReader(), fetchJson, (_, { message }) => failures.push(message))
  const idsAt = (now: number) => keys.find(aPlace(), now)?.map(({ keyId }) => keyId)
  return { ...keys, source, fetched, failures, idsAt }
}

test('abuse 059: a set is fetched once a minute at most, however many assertions name an unknown key', async () => {
  const { refresh, fetched, idsAt, source } = given()
  assert.equal(idsAt(0), undefined)
  await Promise.all(Array.from({ length: 100 }, () => refresh(aPlace(), 0)))
  source.answer = () => ({ keys: [first, second] })
  await refresh(aPlace(), minute - 1)
  assert.deepEqual([fetched, idsAt(minute)], [[url], ['a']])
  await refresh(aPlace(), minute)
  assert.deepEqual([fetched.length, idsAt(minute)], [2, ['a', 'b']])
})

test('a key that left the set is accepted for five minutes, and for an hour while the set cannot be fetched', async () => {
  const { refresh, idsAt, source, failures } = given()
  await refresh(aPlace(), 0)
  assert.deepEqual(idsAt(5 * minute), ['a'])
  assert.equal(idsAt(5 * minute + 1), undefined)
  source.answer = () => {
    throw new Error('down')
  }
  for (let at = 6; at < 60; at++) {
    await refresh(aPlace(), at * minute)
    assert.deepEqual(idsAt(at * minute), ['a'])
  }
  await refresh(aPlace(), 60 * minute + 1)
  assert.equal(idsAt(60 * minute + 1), undefined)
  assert.equal(failures.length, 55)
})

test('a failure is tried again after a minute, and the sets of other places do not matter', async () => {
  const { refresh, fetched, find, source } = given(() => 'no set')
  await refresh(aPlace('a'), 0)
  await refresh(aPlace('a'), minute - 1)
  await refresh(aPlace('b'), minute - 1)
  assert.equal(fetched.length, 2)
  source.answer = () => ({ keys: [first] })
  await refresh(aPlace('a'), minute)
  assert.equal(find(aPlace('a'), minute)?.length, 1)
  assert.equal(find(aPlace('b'), minute), undefined)
})

test('a set that is not fetched because too much is fetched is due a second later, and meanwhile its known keys count', async () => {
  const { refresh, idsAt, source, fetched } = given()
  const busy = () => {
    throw new FetchBusyError('busy')
  }
  source.answer = busy
  await refresh(aPlace(), 0)
  await refresh(aPlace(), 999)
  assert.equal(fetched.length, 1)
  source.answer = () => ({ keys: [first] })
  await refresh(aPlace(), 1000)
  assert.deepEqual(idsAt(1000), ['a'])
  source.answer = busy
  await refresh(aPlace(), 10 * minute)
  assert.deepEqual(idsAt(10 * minute), ['a'])
})

test('only keys that can verify assertions count, and two with one id count as none', () => {
  const ids = (keys: unknown, algorithm?: string) => readKeySet({ keys }, algorithm)?.map(({ keyId, algorithm: name }) => [keyId, name])
  assert.deepEqual(ids([first, second]), [
    ['a', 'ES256'],
    ['b', 'ES256'],
  ])
  assert.deepEqual(ids([first, { ...second, kid: 'a' }]), [])
  const { alg: _, ...rsa } = createClientKey('RS256', 'r').jwk
  assert.deepEqual(ids([rsa]), [['r', 'RS256']])
  assert.deepEqual(ids([rsa], 'PS256'), [['r', 'PS256']])
  assert.deepEqual(
    ids([{ kty: 'oct', k: 'AA', kid: 'o' }, { ...first, d: 'AA' }, { ...first, use: 'enc' }, { ...first, kid: 1 }, null, 1]),
    [],
  )
  assert.deepEqual([ids(Array(21).fill(first)), ids('a'), readKeySet(null, undefined), readKeySet([], undefined)], Array(4).fill(undefined))
})

test('a key of a set that is weaker than allowed verifies nothing', () => {
  const [key] = readKeySet({ keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'weak' }] }, undefined) ?? []
  assert.deepEqual([key?.keyId, key?.load()], ['weak', undefined])
})
