import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signingAlgorithms, type SigningAlgorithmName } from '@countersign/protocol'
import { assertionBy, createClientKey, type ClientKeyPair } from '../../test/client-key.fixture.ts'
import { createClientJwtParser } from './client-jwt.ts'
import { findSigner, type KeyCandidate } from './find-signer.ts'
import { readKeyMaterial } from './key-material.ts'
import { verificationsOf } from './verifications.fixture.ts'

const parse = createClientJwtParser()
const jwtBy = (key: ClientKeyPair, kid = 'k') =>
  parse(assertionBy(key, { clientId: 'acme', issuer: 'https://as.example', now: Date.now(), header: { kid } }))!
const candidate = ({ jwk }: ClientKeyPair, kid = 'k'): KeyCandidate<string> => ({
  ...readKeyMaterial(Buffer.from(JSON.stringify({ ...jwk, kid }))),
  owner: kid,
})

for (const algorithm of Object.keys(signingAlgorithms) as SigningAlgorithmName[]) {
  test(`abuse 037: an assertion by ${algorithm} costs one verification, whether its key fits, another has its name, or there is none`, (t) => {
    const key = createClientKey(algorithm)
    const stranger = candidate(createClientKey(algorithm))
    const keysOfClients = [
      [candidate(key)],
      [stranger],
      [],
      [candidate(key, 'other')],
      [candidate(createClientKey('ES256'), 'k')],
      [candidate(key), candidate(key)],
    ]
    for (const keys of keysOfClients)
      assert.equal(
        verificationsOf(t, () => findSigner(jwtBy(key), keys)),
        1,
      )
  })
}

test('a key is found by its id and its algorithm, and without an id if it is the only one of its algorithm', () => {
  const [one, other] = [createClientKey('ES256'), createClientKey('ES384')]
  const keys = [candidate(one, 'a'), candidate(other, 'b')]
  const ownerOf = (found: ReturnType<typeof findSigner<string>>) => (typeof found === 'string' ? found : found.owner)
  assert.equal(ownerOf(findSigner(jwtBy(one, 'a'), keys)), 'a')
  assert.equal(ownerOf(findSigner({ ...jwtBy(other), keyId: undefined }, keys)), 'b')
  assert.equal(ownerOf(findSigner(jwtBy(one, 'b'), keys)), 'unknown-assertion-key')
  assert.equal(ownerOf(findSigner(jwtBy(createClientKey('ES256'), 'a'), keys)), 'wrong-assertion')
})

test('an algorithm that no key can have costs no verification, for any client', (t) => {
  const jwt = { ...jwtBy(createClientKey()), algorithm: 'HS256' }
  for (const keys of [[], [candidate(createClientKey())]])
    assert.equal(
      verificationsOf(t, () => findSigner(jwt, keys)),
      0,
    )
})
