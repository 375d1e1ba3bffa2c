import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, suite, test } from 'node:test'
import { assertionBy, createClientKey, tokenRequestBy, type ClientKeyPair } from '../../test/client-key.fixture.ts'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const realm = 'partner-api'
const minute = 60_000

suite('keys of clients', () => {
  const shared = shareTestServer({ settings: 'outboundRequests: { privateAddresses: [127.0.0.0/8] }' })

  async function given() {
    const { aClient, admin, requestAdmin, requestToken, realms, clock, upkeep } = shared()
    const client = await aClient(realm)
    const params = { realm, client: client.clientId }
    const issuer = realms.get(realm)!.issuer
    const statusBy = async (key: ClientKeyPair, kid?: string) => {
      const header = kid === undefined ? {} : { kid }
      const assertion = assertionBy(key, { clientId: client.clientId, issuer, now: clock.now(), header })
      return (await requestToken(realm, tokenRequestBy(assertion))).statusCode
    }
    const add = (key: object | string, more = {}) => admin('keys.add', { params, body: { key: key as never, ...more } })
    const refusalOf = async (response: ReturnType<typeof requestAdmin>) => {
      const { statusCode, body } = await response
      return [statusCode, JSON.parse(body).type.split('/').at(-1)]
    }
    const refusedKey = (key: object | string, more = {}) =>
      refusalOf(requestAdmin('keys.add', { params, body: { key: key as never, ...more } }))
    const remove = (key: string, body: { force?: boolean; reason?: string } = {}) =>
      requestAdmin('keys.remove', { params: { ...params, key }, body })
    const list = async () => (await admin('keys.list', { params })).keys
    return { ...shared(), client, params, statusBy, add, refusedKey, refusalOf, remove, list, upkeep }
  }

  test('the first key adds the method, beside the secret, and the log names the key', async () => {
    const { add, params, admin, statusBy, client, requestToken, realms } = await given()
    const key = createClientKey('ES256', 'k1')
    const { keys, authenticationMethods, added } = await add(key.jwk)
    assert.deepEqual(authenticationMethods, ['client_secret_basic', 'client_secret_post', 'private_key_jwt'])
    assert.deepEqual([keys[0]?.id, keys[0]?.keyId, keys[0]?.algorithm, keys[0]?.source], [added[0], 'k1', 'ES256', 'key'])
    assert.equal(await statusBy(key), 200)
    assert.equal((await requestToken(realm, tokenRequest(client))).statusCode, 200)
    const { items } = await admin('audit.search', { params: {}, query: { kind: 'keys.add', realm } })
    assert.deepEqual(items[0]?.detail['keys'], [{ publicKeyId: added[0], keyId: 'k1', algorithm: 'ES256', expiresAt: null }])
    assert.equal(items[0]?.detail['addedMethod'], 'private_key_jwt')
    assert.equal(realms.get(realm)?.clientAuthentication, undefined)
    // Taking it away is a decision that further keys leave alone.
    await admin('clients.update', { params, body: { authenticationMethods: ['client_secret_post'] } })
    assert.deepEqual((await add(createClientKey().jwk)).authenticationMethods, ['client_secret_post'])
  })

  test('a set of more keys than a client may have is refused before any of them is read', async () => {
    const { refusedKey } = await given()
    assert.deepEqual(await refusedKey({ keys: Array.from({ length: 11 }, () => 'no key') }), [409, 'conflict'])
  })

  test('a key in PEM, and a set of keys, authenticate their client', async () => {
    const { add, statusBy } = await given()
    const [ed, ec, rsa] = [createClientKey('EdDSA'), createClientKey('ES512', 'x'), createClientKey('PS256', 'y')]
    const { x } = ed.jwk
    await add(`-----BEGIN PUBLIC KEY-----\n${spkiOfEd25519(String(x))}\n-----END PUBLIC KEY-----\n`)
    await add({ keys: [ec.jwk, rsa.jwk] })
    for (const key of [ed, ec, rsa]) assert.equal(await statusBy(key), 200)
  })

  test('abuse 061: an id that the client has already is refused, also within a set', async () => {
    const { add, refusedKey, list } = await given()
    await add(createClientKey('ES256', 'same').jwk)
    assert.deepEqual(await refusedKey(createClientKey('ES384', 'same').jwk), [409, 'conflict'])
    assert.deepEqual(await refusedKey({ keys: [createClientKey('ES256', 'a').jwk, createClientKey('ES384', 'a').jwk] }), [409, 'conflict'])
    assert.equal((await list()).length, 1)
  })

  test('abuse 062: a registered set with a private or a symmetric key is refused, and no value of it is logged', async () => {
    const { refusedKey, list, log, database } = await given()
    const key = createClientKey('ES256', 'a')
    const { d } = key.privateKey.export({ format: 'jwk' })
    const k = 'a-symmetric-key-that-must-not-be-shown'
    for (const input of [{ ...key.jwk, d }, { keys: [key.jwk, { kty: 'oct', k, kid: 'o' }] }, { keys: [{ ...key.jwk, d }] }])
      assert.deepEqual(await refusedKey(input), [400, 'invalid-request'])
    assert.deepEqual(await list(), [])
    const written = log.join('') + JSON.stringify(await database.query('select * from audit_events'))
    for (const value of [String(d), k]) assert.ok(!written.includes(value))
  })

  test('a client has ten keys at most', async () => {
    const { add, refusedKey } = await given()
    for (let count = 0; count < 10; count++) await add(createClientKey().jwk)
    assert.deepEqual(await refusedKey(createClientKey().jwk), [409, 'conflict'])
  })

  test('a rotation: two keys are valid, and the old one goes when the new one was used and the old one is out of use', async () => {
    const { add, statusBy, list, remove, refusalOf, clock, upkeep, admin, params } = await given()
    const [old, next] = [createClientKey('ES256', 'old'), createClientKey('ES256', 'new')]
    const [oldId] = (await add(old.jwk)).added
    assert.equal(await statusBy(old, 'old'), 200)
    assert.deepEqual(await refusalOf(remove(oldId!)), [409, 'other-key-unproven'])
    await add(next.jwk)
    assert.deepEqual(await refusalOf(remove(oldId!)), [409, 'other-key-unproven'])
    assert.equal(await statusBy(next, 'new'), 200)
    await upkeep.writeUsage()
    assert.deepEqual(await refusalOf(remove(oldId!)), [409, 'key-in-use'])
    assert.deepEqual(
      (await list()).map(({ keyId, firstUsedAt }) => [keyId, typeof firstUsedAt]),
      [
        ['new', 'string'],
        ['old', 'string'],
      ],
    )
    clock.advance(5 * minute + minute)
    assert.equal((await remove(oldId!)).statusCode, 200)
    assert.deepEqual(
      (await list()).map(({ keyId }) => keyId),
      ['new'],
    )
    assert.deepEqual([await statusBy(old, 'old'), await statusBy(next, 'new')], [401, 200])
    const { items } = await admin('audit.search', { params: {}, query: { kind: 'keys.remove', realm } })
    assert.deepEqual([items[0]?.detail['publicKeyId'], items[0]?.detail['force']], [oldId, false])
    assert.equal((await admin('clients.get', { params })).version > 1, true)
  })

  test('a secret that was used is evidence, too, and a key that was never used goes at once', async () => {
    const { add, statusBy, remove, clock, requestToken, client, upkeep } = await given()
    const used = createClientKey()
    const ids = [...(await add(used.jwk)).added, ...(await add(createClientKey('ES384').jwk)).added]
    assert.equal(await statusBy(used), 200)
    assert.equal((await remove(ids[1]!)).statusCode, 200)
    await requestToken(realm, tokenRequest(client))
    await upkeep.writeUsage()
    clock.advance(6 * minute)
    assert.equal((await remove(ids[0]!)).statusCode, 200)
    assert.equal((await remove(ids[0]!)).statusCode, 404)
  })

  test('a stolen key is removed at once, with a reason', async () => {
    const { add, statusBy, remove } = await given()
    const key = createClientKey()
    const [id] = (await add(key.jwk)).added
    await statusBy(key)
    assert.equal((await remove(id!, { force: true })).statusCode, 400)
    assert.equal((await remove(id!, { force: true, reason: 'stolen' })).statusCode, 200)
    assert.equal(await statusBy(key), 401)
  })

  test('a client without keys keeps its secret: only keys make the method the only one', async () => {
    const { requestAdmin, refusalOf, params } = await given()
    const update = requestAdmin('clients.update', { params, body: { authenticationMethods: ['private_key_jwt'] } })
    assert.deepEqual(await refusalOf(update), [409, 'conflict'])
  })

  test('a client that publishes its keys is known by them, also by a new one', async () => {
    const { admin, statusBy, params, list, upkeep, clock, auditEvents, refusalOf, requestAdmin } = await given()
    const [first, second] = [createClientKey('ES256', 'a'), createClientKey('ES256', 'b')]
    const published: object[] = [first.jwk]
    const { url, requests } = await publish(() => ({ keys: published }))
    const { authenticationMethods, keys } = await admin('keys.setUri', { params, body: { url } })
    assert.deepEqual([authenticationMethods.at(-1), keys[0]?.source, keys[0]?.jwksUri], ['private_key_jwt', 'jwks-uri', url])
    assert.equal(requests(), 0)
    assert.equal(await statusBy(first, 'a'), 200)
    assert.equal(await statusBy(first, 'a'), 200)
    assert.equal(JSON.parse(String((await auditEvents()).at(-1)?.detail)).clientKeyId, 'a')
    const before = requests()
    published.push(second.jwk)
    clock.advance(minute)
    assert.equal(await statusBy(second, 'b'), 200)
    assert.ok(requests() > before)
    await upkeep.writeUsage()
    assert.equal(typeof (await list())[0]?.lastUsedAt, 'string')
    for (const refused of ['http://10.0.0.1/', 'http://backend.example/', 'https://user@backend.example/', 'https://10.0.0.1/'])
      assert.deepEqual(await refusalOf(requestAdmin('keys.setUri', { params, body: { url: refused } })), [400, 'invalid-request'])
  })

  test('abuse 059: a client that publishes no keys causes no request, and one that does causes one, whatever its assertions name', async () => {
    const { admin, statusBy, params, add } = await given()
    const { url, requests } = await publish(() => ({ keys: [] }))
    const stranger = createClientKey('ES256', 'x')
    await add(createClientKey('ES256', 'y').jwk)
    for (let attempt = 0; attempt < 3; attempt++) assert.equal(await statusBy(stranger, 'x'), 401)
    assert.equal(requests(), 0)
    await admin('keys.setUri', { params, body: { url } })
    for (let attempt = 0; attempt < 9; attempt++) assert.equal(await statusBy(stranger, String(attempt)), 401)
    assert.ok(requests() <= 2, 'one for each node')
  })

  test('a client is created with the address of its keys, and without a secret', async () => {
    const { admin, request, tokenOf, operator } = shared()
    await admin('organizations.create', { params: { realm }, body: { slug: 'publisher', name: 'Publisher' } })
    const body = { organization: 'publisher', name: 'Publisher', jwksUri: 'https://backend.example/jwks' }
    const { client, clientSecret } = await admin('clients.create', { params: { realm }, body })
    assert.deepEqual([clientSecret, client.secrets, client.authenticationMethods], [null, [], ['private_key_jwt']])
    const headers = { authorization: `Bearer ${await tokenOf('operators', operator)}` }
    const [represented] = (await request({ url: `/admin/realms/${realm}/clients?clientId=${client.clientId}`, headers })).json()
    assert.equal(represented.clientAuthenticatorType, 'client-jwt') // as Keycloak calls it
    const { items } = await admin('secrets.due', { params: { realm }, query: {} })
    assert.ok(items.every(({ client: id }) => id !== client.clientId))
  })
})

async function publish(document: () => unknown): Promise<{ url: string; requests: () => number }> {
  let count = 0
  const server = createServer((_, response) => {
    count++
    response.end(JSON.stringify(document()))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`, requests: () => count }
}

/** RFC 8410 §10.1. */
function spkiOfEd25519(x: string): string {
  return Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(x, 'base64url')]).toString('base64')
}
