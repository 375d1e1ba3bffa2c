// The client library with a private key, against a server that listens: what it gets, what is refused, and how a key is replaced.
import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { createTokenProvider, privateKeyJwt, type PrivateKey, type PrivateKeyJwtOptions } from '@countersign/client'
import { createRemoteGuard } from '@countersign/guard'
import { signingAlgorithms, type SigningAlgorithmName } from '@countersign/protocol'
import { createClientKey, type ClientKeyPair } from './client-key.fixture.ts'
import { shareTestServer } from './test-server.fixture.ts'

suite('a client with a key and a server that listens', () => {
  const shared = shareTestServer({ nodes: 1 })
  let origin = ''
  before(async () => {
    origin = (await shared().listen()).origin
  })

  let clients = 0
  async function aKeyedClient(realm: string, { jwk }: ClientKeyPair, more: { scopes?: string[] } = {}): Promise<string> {
    const slug = `keyed-${++clients}`
    const params = { realm }
    await shared().admin('organizations.create', { params, body: { slug, name: slug } })
    const { client } = await shared().admin('clients.create', { params, body: { organization: slug, name: slug, key: jwk, ...more } })
    return client.clientId
  }

  /** A provider that finds the server at its port and has its clock, and the forms that it sends. */
  function aProvider(realm: string, clientId: string, options: PrivateKeyJwtOptions) {
    const { clock, realms } = shared()
    const forms: string[] = []
    const sendToServer = (url: string, init?: RequestInit) => {
      if (typeof init?.body === 'string') forms.push(init.body)
      return fetch(origin + new URL(url).pathname, init)
    }
    const provider = createTokenProvider({
      issuer: realms.get(realm)!.issuer,
      clientId,
      clientAuth: privateKeyJwt(options),
      fetch: sendToServer,
      clock: { now: clock.now, wallNow: clock.now, startTimer: () => () => {} },
    })
    return { provider, forms, sendToServer }
  }

  for (const realm of ['nt24-idp', 'partner-api'])
    test(`abuse 261: every algorithm gets a token in the realm "${realm}", with the issuer as the audience`, async () => {
      for (const algorithm of Object.keys(signingAlgorithms) as SigningAlgorithmName[]) {
        const key = createClientKey(algorithm, 'k1')
        const clientId = await aKeyedClient(realm, key)
        const { provider } = aProvider(realm, clientId, { privateKey: key.privateKey, keyId: 'k1', algorithm })
        assert.match(await provider.getToken(), /^eyJ/, algorithm)
      }
    })

  test('RFC 9864 §2.2: a key that is registered as "Ed25519" is one for EdDSA', async () => {
    const key = createClientKey('EdDSA', 'k1')
    const clientId = await aKeyedClient('partner-api', { ...key, jwk: { ...key.jwk, alg: 'Ed25519' } })
    const jwk = { ...key.privateKey.export({ format: 'jwk' }), kid: 'k1', alg: 'Ed25519' }
    assert.match(await aProvider('partner-api', clientId, { privateKey: jwk as PrivateKey }).provider.getToken(), /^eyJ/)
  })

  test('a key is replaced without a failed call: added, switched, proven, removed', async () => {
    const { admin, clock } = shared()
    const realm = 'partner-api'
    const [older, newer] = [createClientKey('ES256', '2026'), createClientKey('EdDSA', '2027')]
    const clientId = await aKeyedClient(realm, older)
    const params = { realm, client: clientId }
    let stored: { privateKey: PrivateKey; keyId: string } = { privateKey: older.privateKey, keyId: '2026' }
    const proven: (string | undefined)[] = []
    const { provider } = aProvider(realm, clientId, { privateKey: () => stored, onKeyProven: (keyId) => void proven.push(keyId) })
    const tokens = new Set<string>()
    /** As a program does: each call has a token, and every few minutes another one. */
    const workForAnHour = async () => {
      for (let minute = 0; minute < 60; minute++) {
        tokens.add(await provider.getToken())
        clock.advance(60_000)
      }
    }
    await workForAnHour()
    await admin('keys.add', { params, body: { key: newer.jwk } })
    await workForAnHour()
    stored = { privateKey: newer.privateKey, keyId: '2027' }
    await workForAnHour()
    assert.deepEqual(proven, ['2027'])
    const { keys } = await admin('keys.list', { params })
    const old = keys.find(({ keyId }) => keyId === '2026')
    await admin('keys.remove', { params: { ...params, key: old!.id }, body: {} })
    await workForAnHour()
    assert.equal(provider.status().lastFailure, undefined)
    assert.ok(tokens.size > 24, `${tokens.size} tokens`)
  })

  test('a key that is not registered is refused with the remedy of keys, in the words of every other refusal', async () => {
    const clientId = await aKeyedClient('partner-api', createClientKey('ES256', 'k1'))
    for (const options of [{ keyId: 'k1' }, { keyId: 'k2' }, {}]) {
      const { provider } = aProvider('partner-api', clientId, { privateKey: createClientKey('ES256').privateKey, ...options })
      await assert.rejects(provider.getToken(), {
        code: 'invalid_client',
        message:
          /The client could not be authenticated.*Check the client id, that the public key is registered for the client under this key id/,
      })
    }
  })

  test('the assertion of another realm is refused', async () => {
    const key = createClientKey('ES256', 'k1')
    const clientId = await aKeyedClient('partner-api', key)
    const audience = shared().realms.get('nt24-idp')!.issuer
    const { provider } = aProvider('partner-api', clientId, { privateKey: key.privateKey, audience })
    await assert.rejects(provider.getToken(), { code: 'invalid_client', message: /that the audience is exactly the issuer/ })
  })

  test('a request that was overheard cannot be sent again', async () => {
    const key = createClientKey('ES256', 'k1')
    const { provider, forms, sendToServer } = aProvider('partner-api', await aKeyedClient('partner-api', key), {
      privateKey: key.privateKey,
    })
    await provider.getToken()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const { tokenUrl } = shared().realms.get('partner-api')!
    const replay = await sendToServer(tokenUrl, { method: 'POST', headers, body: forms.at(-1)! })
    assert.equal(replay.status, 401)
  })

  test('abuse 261: a token request whose response is lost is repeated with another assertion, and succeeds', async () => {
    const key = createClientKey('ES256', 'k1')
    const clientId = await aKeyedClient('partner-api', key)
    const { realms } = shared()
    let lost = 0
    const provider = createTokenProvider({
      issuer: realms.get('partner-api')!.issuer,
      clientId,
      clientAuth: privateKeyJwt({ privateKey: key.privateKey }),
      // Only the pause before the repetition ends, and no time limit.
      clock: {
        ...shared().clock,
        wallNow: shared().clock.now,
        startTimer: (callback, ms) => (ms < 1000 && setImmediate(callback), () => {}),
      },
      fetch: async (url, init) => {
        const response = await fetch(origin + new URL(url).pathname, init)
        if (init.method !== 'POST' || lost++ > 0) return response
        assert.equal(response.status, 200)
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('gone'), { code: 'ECONNRESET' }) })
      },
    })
    assert.match(await provider.getToken(), /^eyJ/)
    assert.equal(lost, 2)
  })

  test('a remote guard authenticates by a key', async () => {
    const realm = 'nt24-idp'
    const { realms, clock, aClient, tokenOf } = shared()
    const { issuer, audience, tokenUrl } = realms.get(realm)!
    const key = createClientKey('ES256', 'guard')
    const clientId = await aKeyedClient(realm, key, { scopes: ['entitlements:read'] })
    const clientAuth = privateKeyJwt({ privateKey: key.privateKey, keyId: 'guard' })
    const fetchFromServer = (input: string | URL | Request, init?: RequestInit) => {
      const { pathname, search } = new URL(String(input))
      return fetch(origin + pathname + search, init)
    }
    clock.advance(Date.now() - clock.now()) // The client library in a guard dates its assertions by the clock of the machine.
    const guard = createRemoteGuard({
      issuer,
      realm,
      tokenProfile: 'keycloak',
      audience: audience!,
      clock: clock.now,
      fetch: fetchFromServer,
      credentials: { clientId, clientAuth, tokenUrl },
    })
    await guard.ready()
    const token = await tokenOf(realm, await aClient(realm))
    const decision = await guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params: {} }, { dpa: 'any' })
    assert.equal(decision.allowed, true)
  })
})
