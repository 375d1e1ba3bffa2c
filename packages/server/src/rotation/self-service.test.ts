import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { startTestServer, tokenRequest } from '../test-server.fixture.ts'

const realm = 'nt24-idp'
const atRoot = '/v1/me/secret-rotation'
const inRealm = `/realms/nt24-idp${atRoot}`

async function given() {
  const server = await startTestServer()
  const acme = await server.aClient(realm)
  const as =
    (token: string) =>
    (method: 'GET' | 'POST' | 'DELETE', url: string, more: Pick<InjectOptions, 'headers' | 'payload'> = {}) =>
      server.request({ method, url, ...more, headers: { ...more.headers, authorization: `Bearer ${token}` } })
  const tokenBy = (clientSecret: string) => server.tokenOf(realm, { ...acme, clientSecret })
  const get = async (clientSecret: string) => (await server.requestToken(realm, tokenRequest({ ...acme, clientSecret }))).statusCode
  return { ...server, acme, as, send: as(await tokenBy(acme.clientSecret)), tokenBy, get }
}

const codeOf = (response: { json(): { type: string } }) => response.json().type.split('/').at(-1)

for (const path of [atRoot, inRealm]) {
  test(`the integrator starts, proves and confirms a rotation with its own token at ${path}`, async () => {
    const { acme, as, send, tokenBy, get, clock, upkeep } = await given()
    const started = await send('POST', path, { payload: { window: 8 * 86_400 } })
    assert.deepEqual([started.statusCode, started.headers['cache-control']], [201, 'no-store'])
    const { clientSecret, state } = started.json()
    assert.equal(state, 'issued')
    assert.equal(codeOf(await send('POST', `${path}/confirm`)), 'new-secret-unproven')
    clock.advance(6 * 60_000)
    const renewed = as(await tokenBy(clientSecret))
    await upkeep.writeUsage()
    assert.equal((await renewed('GET', path)).json().state, 'overlapping')
    assert.equal((await renewed('POST', `${path}/confirm`)).json().state, 'stable')
    assert.deepEqual([await get(acme.clientSecret), await get(clientSecret)], [401, 200])
  })
}

test('with a token alone the window cannot be shorter than that of the realm, so a thief cannot end the secret of the owner', async () => {
  const { send } = await given()
  const response = await send('POST', atRoot, { payload: { window: 60 } })
  assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, '/window'])
  assert.equal((await send('GET', atRoot)).json().state, 'stable')
})

test('the integrator cannot confirm while the old secret is in use, and cannot force it', async () => {
  const { send, tokenBy, upkeep } = await given()
  await tokenBy((await send('POST', atRoot)).json().clientSecret)
  await upkeep.writeUsage()
  assert.equal(codeOf(await send('POST', `${atRoot}/confirm`)), 'old-secret-in-use')
  const forced = await send('POST', `${atRoot}/confirm`, { payload: { force: true, reason: 'I say so' } })
  assert.deepEqual([forced.statusCode, forced.json().errors[0].pointer], [400, '/force'])
  assert.equal((await send('POST', atRoot, { payload: { force: true } })).json().errors[0].pointer, '/force')
})

test('a suspended organization may see the rotation of its clients, and change nothing', async () => {
  const { admin, send } = await given()
  await admin('organizations.suspend', { params: { realm, organization: 'acme' }, body: { reason: 'a token was stolen' } })
  assert.equal((await send('GET', atRoot)).statusCode, 200)
  const refused = [await send('POST', atRoot), await send('POST', `${inRealm}/confirm`), await send('DELETE', atRoot)]
  assert.deepEqual(refused.map(codeOf), Array(3).fill('organization-suspended'))
  assert.equal((await send('GET', atRoot)).json().secrets.length, 1)
})

test('the integrator cancels a rotation', async () => {
  const { send, get } = await given()
  const { clientSecret } = (await send('POST', atRoot)).json()
  assert.equal((await send('DELETE', atRoot)).json().state, 'stable')
  assert.equal(await get(clientSecret), 401)
})

test('abuse 191: ten starts at once, and one repeated with its key, make one secret', async () => {
  const { send, database } = await given()
  const headers = { 'idempotency-key': 'one' }
  const first = await send('POST', atRoot, { headers })
  const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => send('POST', atRoot, index === 0 ? { headers } : {})))
  assert.deepEqual(answers.map(({ statusCode }) => statusCode).toSorted(), [201, ...Array.from({ length: 9 }, () => 409)])
  assert.deepEqual(answers[0]?.json(), { ...first.json(), clientSecret: null })
  const starts = await database.query(`select id from audit_events where kind = 'rotation.start'`)
  assert.equal(starts.length, 1)
})

test('clients of the same id in two realms have Idempotency-Keys of their own', async () => {
  const { send, as, admin, tokenOf } = await given()
  await admin('organizations.create', { params: { realm: 'prod' }, body: { slug: 'acme', name: 'acme' } })
  const body = { organization: 'acme', name: 'acme' }
  const { client, clientSecret } = await admin('clients.create', { params: { realm: 'prod' }, body })
  const other = as(await tokenOf('prod', { clientId: client.clientId, clientSecret: clientSecret! }))
  const headers = { 'idempotency-key': 'one' }
  const [here, there] = [await send('POST', atRoot, { headers }), await other('POST', atRoot, { headers })]
  assert.deepEqual([here.statusCode, there.statusCode, there.json().clientSecret === null], [201, 201, false])
})

test('abuse 192: a stolen token ends no secret, and is of no use once the secret is revoked', async () => {
  const { as, acme, tokenBy, admin, get, clock } = await given()
  const thief = as(await tokenBy(acme.clientSecret))
  const { clientSecret: stolen, secrets } = (await thief('POST', atRoot)).json()
  assert.deepEqual([await get(stolen), await get(acme.clientSecret)], [200, 200])

  const params = { realm, client: acme.clientId, secret: secrets[0].id }
  await admin('secrets.revoke', { params, body: { reason: 'somebody else started this rotation' } })
  for (const [method, path] of [
    ['POST', atRoot],
    ['DELETE', atRoot],
    ['POST', `${atRoot}/confirm`],
    ['GET', atRoot],
  ] as const)
    assert.equal((await thief(method, path)).statusCode, 401)
  assert.deepEqual([await get(stolen), await get(acme.clientSecret)], [401, 200])
  const owner = as(await tokenBy(acme.clientSecret))
  clock.advance(1000)
  assert.equal((await owner('POST', atRoot)).statusCode, 201)
})

test('a token that is still good gets no new secret after the last one was revoked', async () => {
  const { send, admin, acme } = await given()
  const params = { realm, client: acme.clientId }
  const [secret] = (await admin('rotation.get', { params })).secrets
  await admin('secrets.revoke', { params: { ...params, secret: secret!.id }, body: { reason: 'leaked', cutTokens: false } })
  const refused = await send('POST', atRoot)
  assert.deepEqual([refused.statusCode, codeOf(refused)], [409, 'conflict'])
})

test('without a token there is no rotation, and without the DPA there is one', async () => {
  const { request, send } = await given()
  assert.equal((await request({ method: 'POST', url: atRoot })).statusCode, 401)
  assert.equal((await send('GET', atRoot)).json().state, 'stable') // nobody has accepted anything
})

test('who starts and cancels over and over is told to wait', async () => {
  const { send } = await given()
  for (let i = 0; i < 20; i++) {
    assert.equal((await send('POST', atRoot)).statusCode, 201)
    assert.equal((await send('DELETE', atRoot)).statusCode, 200)
  }
  const refused = await send('POST', atRoot)
  assert.deepEqual([refused.statusCode, codeOf(refused), Number(refused.headers['retry-after']) > 0], [429, 'rate-limited', true])
})

test('abuse 192: a stolen token that starts and cancels over and over does not use up what the owner may do', async () => {
  const { send, as, tokenBy, acme } = await given()
  for (let i = 0; i < 20; i++) {
    await send('POST', atRoot)
    await send('DELETE', atRoot)
  }
  assert.equal((await send('POST', atRoot)).statusCode, 429)
  assert.equal((await as(await tokenBy(acme.clientSecret))('POST', atRoot)).statusCode, 201)
})
