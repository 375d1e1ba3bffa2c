import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { before, suite, test } from 'node:test'
import { signingAlgorithms, type SigningAlgorithmName } from '@countersign/protocol'
import {
  assertionBy,
  createClientKey,
  signJwt,
  tokenRequestBy,
  type AssertionOf,
  type ClientKeyPair,
} from '../../test/client-key.fixture.ts'
import { shareTestServer, startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { realmPaths } from '../realms/realm-paths.ts'

const realm = 'partner-api'

suite('private_key_jwt', () => {
  const shared = shareTestServer({ settings: '' })
  let key: ClientKeyPair
  let clientId: string

  before(async () => {
    key = createClientKey('ES256', 'k1')
    clientId = await aClientWith(key)
  })

  const seconds = () => Math.floor(shared().clock.now() / 1000)

  /** A client without a secret. */
  async function aClientWith({ jwk }: ClientKeyPair, ofRealm = realm): Promise<string> {
    const { admin } = shared()
    const slug = `org-${randomUUID().slice(0, 8)}`
    await admin('organizations.create', { params: { realm: ofRealm }, body: { slug, name: slug } })
    const created = await admin('clients.create', { params: { realm: ofRealm }, body: { organization: slug, name: slug, key: jwk } })
    assert.equal(created.clientSecret, null)
    return created.client.clientId
  }

  const facts = (more: Partial<AssertionOf> = {}): AssertionOf => {
    const { realms, clock } = shared()
    return { clientId, issuer: realms.get(realm)!.issuer, now: clock.now(), ...more }
  }
  const present = (assertion: string, more: Record<string, string> = {}) => shared().requestToken(realm, tokenRequestBy(assertion, more))
  const statusOf = async (more: Partial<AssertionOf>, signer = key) => (await present(assertionBy(signer, facts(more)))).statusCode
  const lastReason = async () => (await shared().auditEvents()).at(-1)?.reason

  /** 401, in the same words as for a secret, and for this reason in the audit log. */
  async function denied(assertion: string, reason: string, more: Record<string, string> = {}): Promise<void> {
    shared().clock.advance(1) // The events of several nodes are in the order of the requests.
    const response = await present(assertion, more)
    assert.deepEqual([response.statusCode, response.json().error], [401, 'invalid_client'], response.body)
    assert.equal(await lastReason(), reason)
    shared().clock.advance(7000) // Of more than 10 a minute, the log has only the number.
  }

  test('RFC 7523 §2.2: a client without a secret gets a token, and the audit log names its key', async () => {
    const { auditEvents } = shared()
    const response = await present(assertionBy(key, facts()), { client_id: clientId })
    assert.equal(response.statusCode, 200, response.body)
    const detail = JSON.parse(String((await auditEvents()).at(-1)?.detail))
    assert.deepEqual([typeof detail.publicKeyId, detail.secretId], ['string', undefined])
  })

  test('RFC 7523 §2.2: every algorithm of the table that keys may have signs', async () => {
    for (const algorithm of Object.keys(signingAlgorithms) as SigningAlgorithmName[]) {
      const signer = createClientKey(algorithm)
      assert.equal(await statusOf({ clientId: await aClientWith(signer) }, signer), 200, algorithm)
    }
  })

  test('RFC 7662 §2.1, RFC 7009 §2.1: introspection and revocation take the same assertions', async () => {
    const { postForm, realms } = shared()
    const paths = realmPaths(realms.get(realm)!)
    for (const path of [paths.introspection, paths.revocation]) {
      const { grant_type: _, ...form } = tokenRequestBy(assertionBy(key, facts()))
      assert.equal((await postForm(path, { ...form, token: 'unknown' })).statusCode, 200)
    }
  })

  test('the type of an assertion may be absent, JWT, or its own, in any case', async () => {
    for (const typ of [undefined, 'JWT', 'jwt', 'client-authentication+jwt', 'Client-Authentication+JWT'])
      assert.equal(await statusOf({ header: { typ } }), 200, String(typ))
  })

  test('abuse 047: a client that is registered for keys alone is refused with a correct old secret', async () => {
    const { aClient, admin, requestToken, clock } = shared()
    const client = await aClient(realm)
    const params = { realm, client: client.clientId }
    await admin('keys.add', { params, body: { key: createClientKey().jwk } })
    assert.equal((await requestToken(realm, tokenRequest(client))).statusCode, 200)
    await admin('clients.update', { params, body: { authenticationMethods: ['private_key_jwt'] } })
    clock.advance(1)
    const response = await requestToken(realm, tokenRequest(client))
    assert.deepEqual([response.statusCode, response.json().error, await lastReason()], [401, 'invalid_client', 'method-not-registered'])
  })

  test('abuse 057: none, HMAC with what is public of the key, and other algorithms are refused', async () => {
    const [signed, claims] = [assertionBy(key, facts()), assertionBy(key, facts()).split('.')[1]!]
    for (const alg of ['none', 'None', 'NONE', '', undefined, null, ['ES256'], 'ES384', 'RS256', 'PS256', 'EdDSA'])
      await denied(`${header({ alg, kid: 'k1' })}.${claims}.${signed.split('.')[2]}`, 'unknown-assertion-key')
    const pem = key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    for (const secret of [JSON.stringify(key.jwk), JSON.stringify({ keys: [key.jwk] }), pem, ` ${pem}`, `x${pem}`]) {
      const input = `${header({ alg: 'HS256', kid: 'k1' })}.${claims}`
      await denied(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`, 'unknown-assertion-key')
    }
    await denied(`${header({ alg: 'none' })}.${claims}.`, 'malformed-assertion')
  })

  test('abuse 059: keys in the header, and addresses of keys, are ignored', async (t) => {
    const stranger = createClientKey('ES256', 'k1')
    const requests = t.mock.method(globalThis, 'fetch')
    const given = { jwk: stranger.jwk, jku: 'https://example.com/jwks', x5u: 'https://example.com/x5u', x5c: ['AAAA'] }
    await denied(assertionBy(stranger, facts({ header: { kid: 'k1', ...given } })), 'wrong-assertion')
    assert.equal(await statusOf({ header: { kid: 'k1', ...given, jwk: key.jwk } }), 200)
    assert.equal(requests.mock.callCount(), 0)
  })

  test('abuse 060: without a kid one key must fit; a kid is a text that names a key', async () => {
    const { admin } = shared()
    const [first, second] = [createClientKey('ES256', 'a'), createClientKey('ES256', 'b')]
    const holder = await aClientWith(first)
    const by = (signer: ClientKeyPair, kid: unknown) => assertionBy(signer, facts({ clientId: holder, header: { kid } }))
    assert.equal((await present(by(first, undefined))).statusCode, 200)
    await admin('keys.add', { params: { realm, client: holder }, body: { key: second.jwk } })
    await denied(by(first, undefined), 'unknown-assertion-key')
    assert.equal((await present(by(second, 'b'))).statusCode, 200)
    await denied(by(second, 'a'), 'wrong-assertion')
    for (const kid of [1, ['a'], { a: 1 }, null, '', 'x'.repeat(10_000)]) await denied(by(first, kid), 'malformed-assertion')
    for (const kid of ['__proto__', 'constructor', 'A', 'a ']) await denied(by(first, kid), 'unknown-assertion-key')
  })

  test('abuse 064: issuer and subject are the client, and so is the parameter', async () => {
    for (const claims of [{ iss: 'other' }, { iss: undefined }, { iss: [clientId] }])
      await denied(assertionBy(key, facts({ claims })), 'wrong-assertion')
    for (const sub of [undefined, [clientId], 1, null]) await denied(assertionBy(key, facts({ claims: { sub } })), 'malformed-assertion')
    await denied(assertionBy(key, facts({ claims: { iss: 'unknown', sub: 'unknown' } })), 'unknown-client')
    const other = await aClientWith(createClientKey())
    await denied(assertionBy(key, facts({ claims: { iss: other, sub: other } })), 'wrong-assertion')
    await denied(assertionBy(key, facts()), 'client-ids-differ', { client_id: other })
  })

  test('abuse 065: the audience is the issuer, as one string', async () => {
    const { realms } = shared()
    const { issuer, tokenUrl } = realms.get(realm)!
    const wrong = [undefined, null, [], [issuer], [issuer, issuer], [issuer, 1], `${issuer}.evil`, issuer.slice(0, -1), `${issuer}/`]
    for (const aud of [...wrong, issuer.toUpperCase(), realms.get('prod')!.issuer, tokenUrl, 1, { 0: issuer }])
      await denied(assertionBy(key, facts({ claims: { aud } })), 'wrong-assertion-audience')
  })

  test('abuse 065: a realm with the compatibility keycloak also takes its token endpoint, and a list of one', async () => {
    const { realms, requestToken } = shared()
    const { issuer, tokenUrl } = realms.get('prod')!
    const signer = createClientKey()
    const holder = await aClientWith(signer, 'prod')
    const ask = async (aud: unknown) =>
      (await requestToken('prod', tokenRequestBy(assertionBy(signer, facts({ clientId: holder, claims: { aud } }))))).statusCode
    for (const aud of [issuer, tokenUrl, [issuer], [tokenUrl]]) assert.equal(await ask(aud), 200, JSON.stringify(aud))
    for (const aud of [[issuer, tokenUrl], [], [[issuer]], realms.get(realm)!.issuer])
      assert.equal(await ask(aud), 401, JSON.stringify(aud))
  })

  test('abuse 066: the expiry is a number, not too far ahead and not past', async () => {
    for (const exp of [undefined, null, String(seconds() + 60), [seconds() + 60], -1, seconds() - 61, 0])
      await denied(assertionBy(key, facts({ claims: { exp } })), 'expired-assertion')
    for (const text of ['1e400', '-1e400']) {
      const claims = JSON.stringify({ iss: clientId, sub: clientId, aud: facts().issuer, jti: randomUUID(), exp: 0 })
      await denied(signJwt(key, { alg: 'ES256' }, claims.replace('"exp":0', `"exp":${text}`)), 'expired-assertion')
    }
    for (const exp of [seconds() + 302, seconds() + 86_400, 1e300])
      await denied(assertionBy(key, facts({ claims: { exp } })), 'assertion-lifetime-too-long')
    for (const exp of [seconds() + 300, seconds() - 58, seconds() + 0.5])
      assert.equal(await statusOf({ claims: { exp } }), 200, String(exp))
  })

  test('abuse 067: a client whose clock is a little ahead is accepted, and an assertion that was made long ago is not', async () => {
    assert.equal(await statusOf({ claims: { nbf: seconds() + 8, iat: seconds() + 8 } }), 200)
    assert.equal(await statusOf({ claims: { iat: seconds() - 300 } }), 200)
    await denied(assertionBy(key, facts({ claims: { iat: seconds() - 600 } })), 'wrong-assertion')
    for (const claims of [{ nbf: seconds() + 62 }, { iat: seconds() + 80 }, { nbf: 'now' }, { iat: null }])
      await denied(assertionBy(key, facts({ claims })), 'wrong-assertion')
  })

  test('abuse 069: the same assertion again is refused, and so is another one with its identifier', async () => {
    const jti = randomUUID()
    const assertion = assertionBy(key, facts({ claims: { jti } }))
    assert.equal((await present(assertion)).statusCode, 200)
    await denied(assertion, 'repeated-assertion')
    await denied(assertionBy(key, facts({ claims: { jti } })), 'repeated-assertion')
  })

  test('abuse 070: two clients may use the same identifier', async () => {
    const [one, other] = [createClientKey(), createClientKey()]
    const claims = { jti: '1' }
    for (const signer of [one, other]) assert.equal(await statusOf({ clientId: await aClientWith(signer), claims }, signer), 200)
  })

  test('abuse 071: a refused assertion does not use up its identifier', async () => {
    const jti = 'to be used by its owner'
    for (const claims of [{ aud: 'other' }, { exp: seconds() - 100 }, { exp: seconds() + 1000 }, { iss: 'other' }]) {
      assert.equal(await statusOf({ claims: { jti, ...claims } }), 401)
    }
    assert.equal(await statusOf({ claims: { jti } }, createClientKey('ES256', 'k1')), 401)
    assert.equal(await statusOf({ claims: { jti } }), 200)
  })

  test('abuse 066: the identifier is a text of 1 to 128 characters', async () => {
    for (const jti of [undefined, '', 1, null, ['a'], 'x'.repeat(129)])
      await denied(assertionBy(key, facts({ claims: { jti } })), 'wrong-assertion')
    assert.equal(await statusOf({ claims: { jti: 'x'.repeat(128) } }), 200)
  })

  test('abuse 076: access tokens are no assertions, nor are other types of JWT', async () => {
    for (const typ of ['at+jwt', 'application/at+jwt', 'logout+jwt', 'dpop+jwt', 1, null, ['JWT']])
      await denied(assertionBy(key, facts({ header: { typ } })), 'malformed-assertion')
    const token = (await present(assertionBy(key, facts()))).json<{ access_token: string }>().access_token
    await denied(token, 'malformed-assertion')
    await denied(assertionBy(key, facts({ header: { crit: ['exp'] } })), 'malformed-assertion')
  })

  test('abuse 077: another type of assertion, or none, or a type without an assertion', async () => {
    const { requestToken } = shared()
    const whole = tokenRequestBy(assertionBy(key, facts()))
    const { client_assertion_type: type, client_assertion: assertion, ...rest } = whole as Record<string, string>
    for (const form of [
      { ...rest, client_assertion: assertion! },
      { ...whole, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
      { ...rest, client_assertion_type: type! },
    ]) {
      const response = await requestToken(realm, form)
      assert.deepEqual([response.statusCode, response.json().error], [401, 'invalid_client'])
    }
    for (const repeated of [`client_assertion=${assertion}`, `client_assertion_type=${encodeURIComponent(type!)}`]) {
      const response = await requestToken(realm, `${new URLSearchParams(whole).toString()}&${repeated}`)
      assert.deepEqual([response.statusCode, response.json().error], [400, 'invalid_request'])
    }
    assert.equal((await present(assertion!)).statusCode, 200, 'none of these used it up')
  })

  test('abuse 079: a removed key stops working at once; its tokens stay valid unless they are cut', async () => {
    const { admin, request } = shared()
    const signer = createClientKey()
    const holder = await aClientWith(signer)
    const params = { realm, client: holder }
    const token = (await present(assertionBy(signer, facts({ clientId: holder })))).json<{ access_token: string }>().access_token
    const { keys } = await admin('keys.list', { params })
    const remove = (cutTokens: boolean) =>
      admin('keys.remove', { params: { ...params, key: keys[0]!.id }, body: { force: true, reason: 'stolen', cutTokens } })
    const status = async () =>
      (await request({ method: 'GET', url: '/partner-api/v1/me', headers: { authorization: `Bearer ${token}` } })).statusCode
    await remove(false)
    await denied(assertionBy(signer, facts({ clientId: holder })), 'unknown-assertion-key')
    assert.equal(await status(), 200)
    const { added } = await admin('keys.add', { params, body: { key: signer.jwk } })
    assert.equal(await statusOf({ clientId: holder }, signer), 200)
    await admin('keys.remove', { params: { ...params, key: added[0]! }, body: { force: true, reason: 'stolen', cutTokens: true } })
    assert.equal(await status(), 401)
  })

  test('abuse 080: other serializations and malformed ones are refused before they are parsed', async () => {
    const [one, two, three] = assertionBy(key, facts()).split('.') as [string, string, string]
    const json = JSON.stringify({ payload: two, signatures: [{ protected: one, signature: three }] })
    const malformed = [json, 'a', '..', `${one}.${two}`, `${one}.${two}.${three}.${three}`, `${one}.${two}.${three}.${one}.${two}`]
    for (const text of [
      ...malformed,
      `${one}.${two}.${three}.a.b.c`,
      `${one}.${two}.${three}=`,
      ` ${one}.${two}.${three}`,
      '.'.repeat(1_000_000),
    ])
      await denied(text, 'malformed-assertion')
    await denied(`${one}.${Buffer.from('[]').toString('base64url')}.${three}`, 'malformed-assertion')
  })

  test('abuse 090: headers that change how the rest is read are refused, as in access tokens', async () => {
    for (const header of [
      { crit: ['exp'] },
      { crit: [] },
      { b64: false },
      { b64: true },
      { zip: 'DEF' },
      { enc: 'A128GCM' },
      { cty: 'JWT' },
    ])
      await denied(assertionBy(key, facts({ header })), 'malformed-assertion')
  })

  test('abuse 036: an assertion for an unknown client is denied like any other, to the byte', async () => {
    const { clock } = shared()
    const stranger = createClientKey('ES256', 'k1')
    const answers = new Set<string>()
    for (const assertion of [assertionBy(stranger, facts()), assertionBy(key, facts({ clientId: 'unknown' })), 'a']) {
      clock.advance(1)
      const { statusCode, headers, body } = await present(assertion)
      answers.add(JSON.stringify([statusCode, { ...headers, date: '', 'x-request-id': '' }, body]))
    }
    assert.equal(answers.size, 1, [...answers].join('\n'))
  })
})

test('abuse 074: a client that authenticates too often gets 429 for a moment; copies of its assertions and other clients do not count', async () => {
  const { aClient, admin, realms, clock, requestToken } = await startTestServer({ nodes: 1 })
  const { issuer } = realms.get(realm)!
  const key = createClientKey('EdDSA')
  const register = async (slug: string) => {
    const { clientId } = await aClient(realm, { slug })
    await admin('keys.add', { params: { realm, client: clientId }, body: { key: key.jwk } })
    return clientId
  }
  const [greedy, other] = [await register('greedy'), await register('other')]
  const sign = (clientId: string) => tokenRequestBy(assertionBy(key, { clientId, issuer, now: clock.now() }))
  const first = sign(greedy)
  assert.equal((await requestToken(realm, first)).statusCode, 200)
  for (let copy = 0; copy < 20; copy++) assert.equal((await requestToken(realm, first)).statusCode, 401)
  const answers = await Promise.all(Array.from({ length: 1000 }, () => requestToken(realm, sign(greedy))))
  const refused = answers.filter(({ statusCode }) => statusCode !== 200)
  assert.deepEqual(
    refused.map(({ statusCode, headers, body }) => [statusCode, headers['retry-after'], JSON.parse(body).error]),
    [[429, '1', 'too_many_requests']],
  )
  assert.equal((await requestToken(realm, sign(other))).statusCode, 200)
  clock.advance(1000)
  assert.equal((await requestToken(realm, sign(greedy))).statusCode, 200)
})

function header(members: object): string {
  return Buffer.from(JSON.stringify(members)).toString('base64url')
}
