// RFC 7517, with RFC 7518 §6 and RFC 7638: the published keys of each realm.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBase64url, keysOf, mediaTypeOf, metadataOf, systemNames, type Jwk } from './target.fixture.ts'

/** The required members of a key, in the order in which RFC 7638 §3.2 hashes them. */
const identity: Record<string, readonly string[]> = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'] }

for (const name of systemNames) {
  test(`RFC 7517 §5: ${name} publishes a JWK Set`, async () => {
    assert.ok((await keysOf(name)).length > 0)
  })

  test(`RFC 7517 §8.5: the keys of ${name} are JSON`, async () => {
    const { jwks_uri: url } = await metadataOf(name)
    assert.match(mediaTypeOf(await fetch(url)) ?? '', /^application\/(?:jwk-set\+)?json$/)
  })

  test(`RFC 7517 §4: every key of ${name} has its type, use, algorithm and id`, async () => {
    for (const key of await keysOf(name)) {
      assert.match(key['kty'] ?? '', /^(?:EC|RSA)$/)
      assert.equal(key['use'], 'sig')
      assert.match(key['alg'] ?? '', /^(?:ES|RS|PS)256$/)
      assert.match(key['kid'] ?? '', /./)
    }
  })

  test(`RFC 7517 §4.5: no two keys of ${name} have the same id`, async () => {
    const ids = (await keysOf(name)).map((key) => key['kid'])
    assert.equal(new Set(ids).size, ids.length)
  })

  test(`RFC 7517 §9.2: no key of ${name} has a private member`, async () => {
    const secret = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
    const published = (await keysOf(name)).flatMap((key) => Object.keys(key))
    assert.deepEqual(
      published.filter((member) => secret.has(member)),
      [],
    )
  })

  test(`RFC 7518 §6: the numbers in the keys of ${name} have their full length`, async () => {
    for (const { kty, x = '', y = '', n = '' } of await keysOf(name)) {
      if (kty === 'EC') assert.deepEqual([fromBase64url(x).length, fromBase64url(y).length], [32, 32])
      else assert.ok(fromBase64url(n).length >= 256)
    }
  })

  test(`RFC 7638 §3: the id of every key of ${name} is its thumbprint`, async () => {
    for (const key of await keysOf(name)) assert.equal(key['kid'], await thumbprint(key))
  })
}

async function thumbprint(key: Jwk): Promise<string> {
  const members = identity[key['kty']!]!.map((member) => [member, key[member]])
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(Object.fromEntries(members))))
  return new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true })
}
