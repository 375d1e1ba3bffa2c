import assert from 'node:assert/strict'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { suite, test } from 'node:test'
import type { OperationInput, OperationOutput } from '@countersign/admin'
import { createLocalJWKSet, decodeProtectedHeader, importX509, jwtVerify, type JSONWebKeySet } from 'jose'
import { makeCertificate, makeChain } from '../../test/certificates.fixture.ts'
import { createClientKey } from '../../test/client-key.fixture.ts'
import { shareTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'

/** Each test has a realm of its own: keys are of realms. */
const count = 21
const realms = Array.from(
  { length: count },
  (_, number) => `
  r${number}:
    issuer: /r${number}
    tokenEndpoint: /r${number}/token
    signingAlgorithm: ES256
    signingAlgorithms: [EdDSA]
    audience: api
    scopes: [read]
    defaultScopes: [read]`,
).join('')
const day = 86_400_000
/** Lease, and time for all nodes to publish a key. */
const spread = 320_000
let used = 0

type Outcome = OperationOutput<'signingKeys.activate'>
type ImportBody = NonNullable<OperationInput<'signingKeys.import'>['body']>
const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString()

function given(server: TestServer) {
  const realm = `r${used++}`
  const { admin, requestAdmin, request, requestToken, clock } = server
  const params = { realm }
  const stage = (body: OperationInput<'signingKeys.stage'>['body'] = {}) => admin('signingKeys.stage', { params, body })
  const importKey = (body: ImportBody) => admin('signingKeys.import', { params, body })
  const activate = (key: string, body: { emergency?: boolean; reason?: string } = {}) =>
    admin('signingKeys.activate', { params: { realm, key }, body })
  const compromise = (key: string) => admin('signingKeys.compromise', { params: { realm, key }, body: { reason: 'Found in a backup' } })
  const list = async (ended = false) =>
    (await admin('signingKeys.list', { params, query: { ended: ended ? 'true' : 'false', limit: 100 } })).items
  const jwks = async () => (await request({ url: `/${realm}/.well-known/jwks.json` })).json<JSONWebKeySet>()
  const problemOf = async (response: ReturnType<typeof requestAdmin>) => {
    const { statusCode, json } = await response
    const { type = '', detail = '' } = json<{ type?: string; detail?: string }>()
    return { status: statusCode, code: type.split('/').at(-1), detail }
  }
  /** Past publishBefore, and a while. */
  const waitUntilKnown = () => clock.advance(day + spread)
  return { ...server, realm, params, stage, importKey, activate, compromise, list, jwks, problemOf, waitUntilKnown, requestToken }
}

suite('signing keys, as operators use them', () => {
  const shared = shareTestServer({ realms, settings: 'signingKeys: { rotateEvery: none, publishBefore: 24h }' })
  const start = () => given(shared())
  const clientOf = async ({ aClient, realm }: ReturnType<typeof start>) => {
    const { clientId, clientSecret } = await aClient(realm)
    return { clientId, clientSecret }
  }

  test('a planned rotation: stage, wait, activate; the key before stays published until its tokens have ended', async () => {
    const server = start()
    const { stage, activate, list, jwks, tokenOf, realm, waitUntilKnown, clock, requestAdmin, params, problemOf, admin } = server
    const client = await clientOf(server)
    const before = decodeProtectedHeader(await tokenOf(realm, client)).kid!
    const { key, replaced } = await stage()
    assert.deepEqual([key.state, key.algorithm, key.origin, replaced], ['staged', 'ES256', 'made', null])
    // With several servers the day begins when all of them publish the key.
    assert.ok([day, day + 310_000].includes(Date.parse(key.maySignFrom!) - Date.parse(key.publishedAt!)))
    assert.ok(
      (await jwks()).keys.some(({ kid }) => kid === key.keyId),
      'it is published before it signs',
    )
    waitUntilKnown()
    const activated = await activate(key.keyId)
    assert.deepEqual([activated.key.state, activated.replaced?.keyId, activated.replaced?.state], ['active', before, 'retiring'])
    assert.equal(decodeProtectedHeader(await tokenOf(realm, client)).kid, key.keyId)
    const retire = () => requestAdmin('signingKeys.retire', { params: { ...params, key: before } })
    const refused = await problemOf(retire())
    assert.deepEqual([refused.status, refused.code], [409, 'conflict'])
    assert.ok(refused.detail.includes(activated.replaced!.keptUntil!.slice(0, 16)), refused.detail)
    assert.ok((await jwks()).keys.some(({ kid }) => kid === before))
    clock.advance(Date.parse(activated.replaced!.keptUntil!) - clock.now() + 1000)
    assert.equal((await admin('signingKeys.retire', { params: { ...params, key: before } })).key.state, 'retired')
    assert.ok(!(await jwks()).keys.some(({ kid }) => kid === before))
    assert.deepEqual(
      (await list(true)).flatMap(({ keyId, state, algorithm }) => (algorithm === 'ES256' ? [[keyId, state]] : [])).toSorted(),
      [
        [key.keyId, 'active'],
        [before, 'retired'],
      ].toSorted(),
    )
    assert.ok((await list()).every(({ state }) => state !== 'retired'))
  })

  test('abuse 197: a key is not activated before verifiers know it; an emergency waits for our own nodes, and needs a reason', async () => {
    const { stage, activate, requestAdmin, params, problemOf, clock, realm, admin } = start()
    const { key } = await stage()
    const attempt = (body: object) => problemOf(requestAdmin('signingKeys.activate', { params: { ...params, key: key.keyId }, body }))
    const refused = await attempt({})
    assert.deepEqual([refused.status, refused.code], [409, 'conflict'])
    assert.ok(refused.detail.includes(key.maySignFrom!.slice(0, 19)), refused.detail)
    assert.deepEqual(await attempt({ emergency: true }), {
      status: 400,
      code: 'invalid-request',
      detail: '/reason: Expected a reason, because "emergency" is true',
    })
    clock.advance(spread)
    assert.equal((await attempt({})).status, 409)
    const { key: active } = await activate(key.keyId, { emergency: true, reason: 'The old one may be known' })
    assert.equal(active.state, 'active')
    const { items } = await admin('audit.search', { params: {}, query: { realm, kind: 'signingKeys.activate', limit: 1 } })
    assert.deepEqual([items[0]!.detail['emergency'], items[0]!.detail['reason']], [true, 'The old one may be known'])
  })

  test('a compromised key: its tokens are rejected, the reserve signs, and the answer says by what it was replaced', async () => {
    const server = start()
    const { stage, compromise, list, jwks, tokenOf, realm, waitUntilKnown, request, admin, params, requestAdmin, problemOf } = server
    const client = await clientOf(server)
    const reserve = (await stage()).key.keyId
    waitUntilKnown()
    const token = await tokenOf(realm, client)
    const statusOf = async (one: string) =>
      (await request({ url: `/${realm}/v1/me`, headers: { authorization: `Bearer ${one}` } })).statusCode
    assert.equal(await statusOf(token), 200)
    const bad = decodeProtectedHeader(token).kid!
    const { key, successor, noSignatureUntil } = await compromise(bad)
    assert.deepEqual([key.state, successor?.keyId, successor?.state, noSignatureUntil], ['compromised', reserve, 'active', null])
    assert.equal(await statusOf(token), 401)
    const next = await tokenOf(realm, client)
    assert.deepEqual([decodeProtectedHeader(next).kid, await statusOf(next)], [reserve, 200])
    assert.ok(!(await jwks()).keys.some(({ kid }) => kid === bad))
    assert.equal((await list(true)).find(({ keyId }) => keyId === bad)?.state, 'compromised')
    const { items } = await admin('audit.search', { params: {}, query: { realm, kind: 'signingKeys.compromise' } })
    assert.deepEqual(
      [items[0]!.detail['keyId'], items[0]!.detail['replacedBy'], items[0]!.detail['reason']],
      [bad, reserve, 'Found in a backup'],
    )
    const without = { params: { ...params, key: reserve }, body: {} } as OperationInput<'signingKeys.compromise'>
    assert.equal((await problemOf(requestAdmin('signingKeys.compromise', without))).code, 'invalid-request')
  })

  test('abuse 207: a client is moved to another algorithm while both keys are published, and one in reserve for each', async () => {
    const server = start()
    const { admin, params, jwks, tokenOf, realm, stage, list } = server
    const client = await clientOf(server)
    const old = await tokenOf(realm, client)
    await admin('clients.update', { params: { ...params, client: client.clientId }, body: { signingAlgorithm: 'EdDSA' } })
    const next = await tokenOf(realm, client)
    const keys = createLocalJWKSet(await jwks())
    for (const token of [old, next]) await jwtVerify(token, keys, { currentDate: new Date(server.clock.now()) })
    assert.deepEqual(
      [old, next].map((token) => decodeProtectedHeader(token).alg),
      ['ES256', 'EdDSA'],
    )
    const { key } = await stage({ algorithm: 'EdDSA' })
    assert.equal((await list()).find(({ keyId }) => keyId === key.keyId)?.algorithm, 'EdDSA')
  })

  test('RFC 7517 §4.7: an imported key signs under its published id, its certificates are published, and jose verifies its tokens', async () => {
    const server = start()
    const { importKey, activate, tokenOf, realm, jwks, clock, request } = server
    const client = await clientOf(server)
    await tokenOf(realm, client)
    const { privateKey } = createClientKey('ES256')
    const chain = makeChain(privateKey)
    const notBefore = Date.now() + 2000
    if (clock.now() < notBefore) clock.advance(notBefore - clock.now())
    const imported = await importKey({
      key: pem(privateKey),
      keyId: 'published-2024',
      certificates: chain.join(''),
      alreadyPublished: true,
    })
    assert.deepEqual(
      [imported.key.keyId, imported.key.origin, imported.key.publishedAt, imported.key.reserve],
      ['published-2024', 'imported', null, true],
    )
    assert.deepEqual(
      imported.key.certificates.map(({ subject }) => subject),
      ['CN=Signing', 'CN=Intermediate', 'CN=Root'],
    )
    clock.advance(spread)
    await activate('published-2024')
    const token = await tokenOf(realm, client)
    const set = await jwks()
    const { payload } = await jwtVerify(token, createLocalJWKSet(set), { currentDate: new Date(clock.now()), typ: 'at+jwt' })
    assert.equal(payload.iss, server.realms.get(realm)!.issuer)
    const jwk = set.keys.find(({ kid }) => kid === 'published-2024')!
    assert.deepEqual(Object.keys(jwk).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'x5c', 'x5t', 'x5t#S256', 'y'])
    const fromCertificate = await importX509(`-----BEGIN CERTIFICATE-----\n${jwk.x5c![0]}\n-----END CERTIFICATE-----`, 'ES256')
    await jwtVerify(token, fromCertificate, { currentDate: new Date(clock.now()) })
    assert.equal((await request({ url: `/${realm}/v1/me`, headers: { authorization: `Bearer ${token}` } })).statusCode, 200)
  })

  test('abuse 136: a key id is never used for another key, nor a key twice, in whatever realm and whatever its state', async () => {
    const { importKey, requestAdmin, params, problemOf, compromise, admin } = start()
    const [first, second] = [createClientKey().privateKey, createClientKey().privateKey]
    await importKey({ key: pem(first), keyId: 'one' })
    const attempt = (body: ImportBody, realm = params.realm) => problemOf(requestAdmin('signingKeys.import', { params: { realm }, body }))
    const other = `r${used++}`
    const attempts = async () => {
      for (const realm of [params.realm, other])
        for (const body of [{ key: pem(second), keyId: 'one' }, { key: pem(first), keyId: 'two' }, { key: pem(first) }])
          assert.deepEqual(await attempt(body, realm).then(({ status, code }) => [status, code]), [409, 'conflict'])
    }
    await attempts()
    await compromise('one')
    await attempts()
    await admin('signingKeys.import', { params: { realm: other }, body: { key: pem(second), keyId: 'two' } })
  })

  test('a key id of any visible characters is named in a path, and in tokens', async () => {
    const server = start()
    const { importKey, activate, clock, tokenOf, realm } = server
    const client = await clientOf(server)
    for (const keyId of ['a/b', '%2F%', '-Vx', '"\\', 'key_'.repeat(64)]) {
      await importKey({ key: pem(createClientKey().privateKey), keyId, alreadyPublished: true })
      clock.advance(spread)
      await activate(keyId)
      assert.equal(decodeProtectedHeader(await tokenOf(realm, client)).kid, keyId)
    }
  })

  for (const [what, body, expected] of [
    [
      'a public key',
      { key: createPublicKey(createClientKey().privateKey).export({ format: 'pem', type: 'spki' }).toString() },
      /^\/key: expected a private key.*public key\.$/,
    ],
    ['an algorithm that the realm does not have', { key: pem(createClientKey('ES384').privateKey) }, /does not sign by ES384/],
    [
      'certificates of another key',
      { key: pem(createClientKey().privateKey), certificates: makeCertificate(createClientKey().privateKey, 'Other') },
      /^\/certificates: expected the certificate of this key first/,
    ],
    ['a key id of a path', { key: pem(createClientKey().privateKey), keyId: '..' }, /^\/keyId: /],
  ] as const) {
    test(`an import is refused for ${what}, and says why`, async () => {
      const { requestAdmin, params, problemOf } = start()
      const refused = await problemOf(requestAdmin('signingKeys.import', { params, body }))
      assert.deepEqual([refused.status, refused.code], [400, 'invalid-request'])
      assert.match(refused.detail, expected)
      used--
    })
  }

  test('abuse 142: an imported private key is in no answer, public document, log line, audit event or row of the store', async () => {
    const server = start()
    const { request, tokenOf, operator, params, realm, log, database, jwks, list } = server
    const [good, refused, rsa] = (['ES256', 'EdDSA', 'RS256'] as const).map((name) => createClientKey(name).privateKey) as [
      KeyObject,
      KeyObject,
      KeyObject,
    ]
    const answers: string[] = []
    const send = async (payload: object | string, headers: Record<string, string> = {}) => {
      const authorization = `Bearer ${await tokenOf('operators', operator)}`
      const url = `/admin/v1/realms/${realm}/signing-keys/import`
      const common = { authorization, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }
      const response = await request({ method: 'POST', url, headers: { ...common, ...headers }, payload })
      answers.push(response.body, JSON.stringify(response.headers))
      return response.statusCode
    }
    const jwk = { ...good.export({ format: 'jwk' }), kid: 'imported', note: 'a member that is no key' }
    const idempotencyKey = { 'idempotency-key': 'import-once' }
    assert.deepEqual([await send({ key: jwk }, idempotencyKey), await send({ key: jwk }, idempotencyKey)], [201, 201])
    const [text, rsaText, numbers] = [pem(refused), pem(rsa), rsa.export({ format: 'jwk' })]
    const attempts: [object | string, Record<string, string>?][] = [
      [{ key: jwk }],
      [{ key: text, keyId: 'imported' }],
      [{ key: text, algorithm: 'ES256' }],
      [{ key: text, certificates: text }],
      [{ key: text.slice(0, -40) }],
      [{ key: rsaText }],
      [{ key: { ...numbers, dp: numbers.dq } }],
      [{ key: [text] }],
      [{ key: text, keyId: text }],
      [{ key: text, alreadyPublished: text }],
      [`{"key": ${text}}`],
      [`{"key": "${text}"}`],
      [text],
      [text, { 'content-type': 'text/plain' }],
      [{ key: jwk, ...params }],
      [{ key: text }, idempotencyKey],
    ]
    for (const [payload, headers] of attempts) assert.ok((await send(payload, headers)) >= 400)
    answers.push(JSON.stringify([await jwks(), await list(true)]))
    for (const url of [`/${realm}/.well-known/openid-configuration`, `/${realm}/v1/changes`, '/admin/v1/openapi.json'])
      answers.push((await request({ url })).body)
    const rows = await Promise.all((await database.tables()).map((table) => database.query(`select * from "${table}"`)))
    const everything = [...answers, ...log, ...rows.flat().map(allText)].join('\n')
    for (const part of [good, refused, rsa].flatMap(partsOf)) assert.ok(!everything.includes(part), `${part.slice(0, 4)}…`)
    assert.ok(everything.includes('imported'))
  })

  test('limited operators have keys:read and keys:write only in their realms, and an older one has neither', async () => {
    const { admin, requestAdmin, params, problemOf, aClient, realm, tokenOf, request } = start()
    const body = {
      organization: 'operators',
      clientId: 'deputy',
      name: 'Deputy',
      scopes: ['keys:read', 'keys:write'],
      operatorRealms: [realm],
    }
    const deputy = await admin('clients.create', { params: { realm: 'operators' }, body })
    const credentials = { clientId: deputy.client.clientId, clientSecret: deputy.clientSecret! }
    assert.equal((await requestAdmin('signingKeys.stage', { params, body: {} }, credentials)).statusCode, 201)
    assert.equal((await requestAdmin('signingKeys.list', { params }, credentials)).statusCode, 200)
    for (const attempt of [
      requestAdmin('signingKeys.list', { params: { realm: 'operators' } }, credentials),
      requestAdmin('signingKeys.stage', { params: { realm: 'r0' }, body: {} }, credentials),
    ])
      assert.deepEqual(await problemOf(attempt).then(({ status, code }) => [status, code]), [403, 'realm-not-permitted'])
    const before = {
      ...body,
      clientId: 'before',
      name: 'Before',
      scopes: ['clients:read', 'secrets:write', 'audit:read'],
      operatorRealms: null,
    }
    const older = await admin('clients.create', { params: { realm: 'operators' }, body: before })
    const olderCredentials = { clientId: older.client.clientId, clientSecret: older.clientSecret! }
    assert.equal((await problemOf(requestAdmin('signingKeys.list', { params }, olderCredentials))).code, 'insufficient-scope')
    const resident = await aClient(realm)
    await admin('clients.update', {
      params: { ...params, client: resident.clientId },
      body: { operatorScopes: ['keys:read', 'keys:write'] },
    })
    const authorization = `Bearer ${await tokenOf(realm, resident)}`
    const urlOf = (name: string) => `/admin/v1/realms/${name}/signing-keys`
    assert.equal((await request({ url: urlOf(realm), headers: { authorization } })).statusCode, 200)
    assert.equal((await request({ url: urlOf('r0'), headers: { authorization } })).statusCode, 403)
  })

  test('the certificates of all keys of a realm are bounded, because verifiers read the whole set', async () => {
    const { importKey, requestAdmin, params, problemOf, jwks, clock } = start()
    const notBefore = Date.now() + 2000
    if (clock.now() < notBefore) clock.advance(notBefore - clock.now())
    const withLong = () => {
      const { privateKey } = createClientKey()
      const own = makeCertificate(privateKey, 'Own', undefined, [`nsComment=${'x'.repeat(7000)}`])
      return { key: pem(privateKey), certificates: own.repeat(10) }
    }
    await importKey(withLong())
    const refused = await problemOf(requestAdmin('signingKeys.import', { params, body: withLong() }))
    assert.deepEqual([refused.status, refused.code], [409, 'conflict'])
    await importKey({ key: pem(createClientKey().privateKey) })
    assert.ok(JSON.stringify(await jwks()).length < 256 * 1024)
  })

  test('without a reserve a new key is staged at once; where other nodes have to publish it first, the answer says until when', async () => {
    const server = start()
    const { compromise, tokenOf, realm, list, requestToken } = server
    const client = await clientOf(server)
    const { key, successor, noSignatureUntil } = await compromise(decodeProtectedHeader(await tokenOf(realm, client)).kid!)
    assert.equal(key.state, 'compromised')
    const next = (await list()).find(({ algorithm }) => algorithm === 'ES256')
    const { statusCode, headers } = await requestToken(realm, tokenRequest(client))
    if (!successor) server.expectErrors() // The 503 is logged.
    if (successor) assert.deepEqual([successor.keyId, next?.state, statusCode, noSignatureUntil], [next?.keyId, 'active', 200, null])
    else
      assert.deepEqual(
        [next?.state, next?.maySignInEmergencyFrom, statusCode, headers['retry-after'] !== undefined],
        ['staged', noSignatureUntil, 503, true],
      )
  })

  test('into a realm with an operator of its own, only an owner imports a key: it could sign for that operator', async () => {
    const { admin, requestAdmin, params, problemOf, aClient, realm, importKey } = start()
    const body = { organization: 'operators', clientId: 'importer', name: 'Importer', scopes: ['keys:write'], operatorRealms: [realm] }
    const importer = await admin('clients.create', { params: { realm: 'operators' }, body })
    const credentials = { clientId: importer.client.clientId, clientSecret: importer.clientSecret! }
    const aKey = () => ({ key: pem(createClientKey().privateKey) })
    assert.equal((await requestAdmin('signingKeys.import', { params, body: aKey() }, credentials)).statusCode, 201)
    const resident = await aClient(realm)
    await admin('clients.update', { params: { ...params, client: resident.clientId }, body: { operatorScopes: ['clients:read'] } })
    const refused = await problemOf(requestAdmin('signingKeys.import', { params, body: aKey() }, credentials))
    assert.deepEqual([refused.status, refused.code], [403, 'owner-required'])
    assert.equal((await requestAdmin('signingKeys.stage', { params, body: {} }, credentials)).statusCode, 201)
    await importKey(aKey())
  })

  test('the keys of the operators are replaced like any other, by owners only', async () => {
    const { admin, requestAdmin, problemOf, waitUntilKnown, tokenOf, operator } = start()
    const params = { realm: 'operators' }
    const { key } = await admin('signingKeys.stage', { params, body: {} })
    waitUntilKnown()
    const bad = decodeProtectedHeader(await tokenOf('operators', operator)).kid!
    const body = { organization: 'operators', clientId: 'key-clerk', name: 'Clerk', scopes: ['keys:read', 'keys:write'] }
    const clerk = await admin('clients.create', { params, body })
    const credentials = { clientId: 'key-clerk', clientSecret: clerk.clientSecret! }
    const compromise = { params: { ...params, key: bad }, body: { reason: 'Leaked' } }
    assert.equal((await problemOf(requestAdmin('signingKeys.compromise', compromise, credentials))).code, 'insufficient-scope')
    assert.equal((await admin('signingKeys.compromise', compromise)).successor?.keyId, key.keyId)
    assert.equal(decodeProtectedHeader(await tokenOf('operators', operator)).kid, key.keyId)
  })

  test('a step that is repeated with the same Idempotency-Key is made once', async () => {
    const { request, tokenOf, operator, realm, list } = start()
    const headers = { authorization: `Bearer ${await tokenOf('operators', operator)}`, 'idempotency-key': 'stage-once' }
    const stage = () => request({ method: 'POST', url: `/admin/v1/realms/${realm}/signing-keys`, headers, payload: {} })
    const [first, second] = [await stage(), await stage()]
    assert.deepEqual([first.statusCode, second.json<Outcome>().key.keyId], [201, first.json<Outcome>().key.keyId])
    assert.equal((await list()).filter(({ state }) => state === 'staged').length, 1)
  })
})

/** Each private number and each line of the text, as they could be written. */
function partsOf(key: KeyObject): string[] {
  const { d, p, q, dp, dq, qi } = key.export({ format: 'jwk' })
  const numbers = [d, p, q, dp, dq, qi].filter((number) => number !== undefined)
  const forms = numbers.flatMap((number) => {
    const bytes = Buffer.from(number, 'base64url')
    return [number, bytes.toString('base64'), bytes.toString('hex')]
  })
  const lines = pem(key)
    .split('\n')
    .filter((line) => line.length === 64)
  return [...forms, ...lines].map((part) => part.slice(0, 40))
}

/** Bytes are also searched as text. */
function allText(row: Record<string, unknown>): string {
  return Object.values(row)
    .map((value) =>
      value instanceof Uint8Array ? `${Buffer.from(value).toString('latin1')} ${Buffer.from(value).toString('hex')}` : String(value),
    )
    .join('\n')
}
