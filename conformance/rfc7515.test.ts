// RFC 7515: the signatures of issued tokens, verified by the platform's Web Cryptography with only the published keys.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, callApi, decodeToken, fromBase64url, keysOf, systemNames, tokenOf, type Jwk, type SystemName } from './target.fixture.ts'

const algorithms = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
}

async function keyOf(name: SystemName, token: string): Promise<Jwk | undefined> {
  const { kid } = decodeToken(token).header
  return (await keysOf(name)).find((key) => key['kid'] === kid)
}

for (const name of systemNames) {
  test(`RFC 7515 §2: the three parts of a token of ${name} are base64url without padding`, async () => {
    const parts = (await tokenOf(name)).split('.')
    assert.equal(parts.length, 3)
    for (const part of parts) fromBase64url(part)
  })

  test(`RFC 7515 §4.1.1: a token of ${name} is signed with the algorithm of its key`, async () => {
    const token = await tokenOf(name)
    assert.equal(decodeToken(token).header['alg'], (await keyOf(name, token))?.['alg'])
  })

  test(`RFC 7515 §4.1.4: a token of ${name} names a published key`, async () => {
    assert.ok(await keyOf(name, await tokenOf(name)))
  })

  test(`RFC 7515 §4.1: a token of ${name} contains no key and no critical extension`, async () => {
    const { header } = decodeToken(await tokenOf(name))
    const forbidden = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64'].filter((member) => member in header)
    assert.deepEqual(forbidden, [])
  })

  test(`RFC 7515 §5.2: the signature of a token of ${name} is valid`, async () => {
    const token = await tokenOf(name)
    const jwk = await keyOf(name, token)
    const algorithm = algorithms[jwk?.['alg'] as keyof typeof algorithms]
    const key = await crypto.subtle.importKey('jwk', jwk!, algorithm, false, ['verify'])
    const [signed = '', signature = ''] = token.split(/\.(?=[^.]*$)/)
    assert.ok(await crypto.subtle.verify(algorithm, key, fromBase64url(signature), new TextEncoder().encode(signed)))
  })
}

const alterations: Record<string, (parts: [string, string, string]) => string> = {
  'whose signature was cut off': ([header, payload]) => `${header}.${payload}.`,
  'whose signature was padded': (parts) => `${parts.join('.')}=`,
  'with a fourth part': (parts) => `${parts.join('.')}.abcd`,
  'with other claims': ([header, payload, signature]) => `${header}.${rewrite(payload, { scope: 'everything' })}.${signature}`,
  'that says it has no signature': ([header, payload]) => `${rewrite(header, { alg: 'none' })}.${payload}.`,
  'that says its public key is a shared secret': ([header, ...rest]) => [rewrite(header, { alg: 'HS256' }), ...rest].join('.'),
  'that names no key': ([header, ...rest]) => [rewrite(header, { kid: undefined }), ...rest].join('.'),
  'that has a critical extension': ([header, ...rest]) => [rewrite(header, { crit: ['exp'] }), ...rest].join('.'),
}
for (const [what, alter] of Object.entries(alterations)) {
  test(`RFC 7515 §5.2: a token ${what} is rejected`, async () => {
    const token = await tokenOf('novatrade24')
    const response = await callApi('novatrade24', '/v1/me', { headers: bearer(alter(token.split('.') as [string, string, string])) })
    assert.equal(response.status, 401)
  })
}

function rewrite(part: string, members: Record<string, unknown>): string {
  const changed = { ...JSON.parse(new TextDecoder().decode(fromBase64url(part))), ...members }
  return new TextEncoder().encode(JSON.stringify(changed)).toBase64({ alphabet: 'base64url', omitPadding: true })
}
