import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { clientAuthenticationMethods, formatBasic } from '@countersign/protocol'
import { seedRealms, shareTestServer, startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const atRoot = '/v1/me/secret-rotation'
const path = `/realms/nt24-idp${atRoot}`
const minute = 60_000
/** Longer than the old secret has to be unused before a confirmation. */
const quietPeriod = 120 * minute

type Method = 'GET' | 'POST' | 'DELETE'
type More = Pick<InjectOptions, 'headers' | 'payload'>

async function given(server: TestServer) {
  const acme = await server.aClient(realm)
  const by =
    (authorization: string) =>
    (method: Method, url: string, more: More = {}) =>
      server.request({ method, url, ...more, headers: { ...more.headers, authorization } })
  const bySecret = (clientSecret: string) => by(formatBasic({ ...acme, clientSecret }))
  const tokenBy = (clientSecret: string) => server.tokenOf(realm, { ...acme, clientSecret })
  const byToken = by(`Bearer ${await tokenBy(acme.clientSecret)}`)
  return {
    ...server,
    acme,
    params: { realm, client: acme.clientId },
    by,
    bySecret,
    /** The client with its first secret. */
    owner: bySecret(acme.clientSecret),
    byToken,
    tokenBy,
    get: async (clientSecret: string) => (await server.requestToken(realm, tokenRequest({ ...acme, clientSecret }))).statusCode,
    state: () => server.admin('rotation.get', { params: { realm, client: acme.clientId } }),
    refusals: async (kind: string) =>
      (await server.auditEvents())
        .filter((event) => event.kind === kind && event.outcome === 'refused')
        .map(({ reason }) => reason)
        .toSorted(),
  }
}

const codeOf = (response: { json(): { type: string } }) => response.json().type.split('/').at(-1)
const changes = [
  ['POST', path],
  ['DELETE', path],
  ['POST', `${path}/confirm`],
] as const

suite('a client that changes its own secret', () => {
  const shared = shareTestServer()

  test('a body above 64 KiB is refused before it is parsed, because its sender has proved nothing yet', async () => {
    const { by } = await given(shared())
    const payload = `{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}`
    for (const [method, url] of changes) {
      const refused = await by('Basic YTpi')(method, url, { payload, headers: { 'content-type': 'application/json' } })
      assert.deepEqual([refused.statusCode, codeOf(refused)], [413, 'payload-too-large'])
    }
  })

  test('an integrator starts, proves and confirms a rotation with its secrets alone', async () => {
    const { acme, owner, bySecret, get, clock, state } = await given(shared())
    const started = await owner('POST', path, { payload: { window: 8 * 86_400 } })
    assert.deepEqual([started.statusCode, started.headers['cache-control']], [201, 'no-store'])
    const { clientSecret, state: issued, startedBy } = started.json()
    assert.deepEqual([issued, startedBy], ['issued', 'client'])
    clock.advance(quietPeriod)
    const confirmed = await bySecret(clientSecret)('POST', `${path}/confirm`)
    assert.deepEqual([confirmed.statusCode, confirmed.json().state, (await state()).startedBy], [200, 'stable', null])
    assert.deepEqual([await get(acme.clientSecret), await get(clientSecret)], [401, 200])
  })

  test('client_id and client_secret in a form work too, with the window as a parameter', async () => {
    const { acme, postForm, request, state, clock, upkeep } = await given(shared())
    const { clientId: client_id, clientSecret: client_secret } = acme
    const started = await postForm(path, { client_id, client_secret, window: String(8 * 86_400) })
    await upkeep.writeUsage()
    const { clientSecret, windowEndsAt } = started.json()
    assert.equal(Date.parse(windowEndsAt) - clock.now(), 8 * 86_400_000)
    assert.equal(codeOf(await postForm(`${path}/confirm`, { client_id, client_secret: clientSecret })), 'old-secret-in-use')
    assert.equal((await state()).state, 'overlapping')

    const odd = await postForm(path, { client_id, client_secret, window: 'week' })
    assert.deepEqual([odd.statusCode, odd.json().errors[0].pointer], [400, '/window'])
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const payload = new URLSearchParams({ client_id, client_secret }).toString()
    assert.equal(codeOf(await request({ method: 'DELETE', url: path, headers, payload })), 'new-secret-in-use')
  })

  test('fault 1.1: a token alone neither confirms nor cancels a rotation', async () => {
    const { owner, by, tokenBy, bySecret, clock, get, acme } = await given(shared())
    const { clientSecret } = (await owner('POST', path)).json()
    assert.equal(await get(clientSecret), 200)
    clock.advance(quietPeriod)
    const byToken = by(`Bearer ${await tokenBy(clientSecret)}`)
    for (const [method, url] of changes) {
      assert.equal((await byToken(method, url)).statusCode, 401)
      assert.notEqual((await byToken(method, url.replace('/realms/nt24-idp', ''))).statusCode, 200)
    }
    assert.deepEqual([await get(acme.clientSecret), await get(clientSecret)], [200, 200])
    clock.advance(quietPeriod)
    assert.equal((await bySecret(clientSecret)('POST', `${path}/confirm`)).statusCode, 200)
  })

  test('fault 1.1: a bearer token can read the state, in the realm and at the root', async () => {
    const { byToken, upkeep } = await given(shared())
    await upkeep.writeUsage()
    const [inRealm, root] = [await byToken('GET', path), await byToken('GET', atRoot)]
    assert.deepEqual([inRealm.statusCode, root.statusCode], [200, 200])
    assert.deepEqual(root.json(), inRealm.json())
    assert.equal(root.headers['content-location'], path)
  })

  test("fault 1.2: self-service does not change an operator's secret, not even with that secret", async () => {
    const { operator, by, tokenOf } = await given(shared())
    const self = by(formatBasic(operator))
    for (const [method, url] of changes) {
      const refused = await self(method, url.replace(realm, 'operators'))
      assert.deepEqual([refused.statusCode, codeOf(refused)], [405, 'no-self-service-here'])
      assert.match(refused.json().remedy, /countersign secret rotate .* --realm operators/)
    }
    const read = await by(`Bearer ${await tokenOf('operators', operator)}`)('GET', path.replace(realm, 'operators'))
    assert.deepEqual([read.statusCode, read.json().state], [200, 'stable'])
  })

  test('at the root no secret is changed, because client ids are unique only in a realm; the error names the path', async () => {
    const { owner } = await given(shared())
    for (const [method, url] of changes) {
      const refused = await owner(method, url.replace('/realms/nt24-idp', ''))
      assert.deepEqual([refused.statusCode, codeOf(refused), refused.headers['allow']], [405, 'no-self-service-here', 'GET, HEAD'])
      assert.match(refused.json().remedy, /\{issuer\}\/v1\/me\/secret-rotation/)
    }
  })

  test('two methods at once, credentials in the query and a body of another media type are rejected', async () => {
    const { acme, owner, request, postForm } = await given(shared())
    const { clientId: client_id, clientSecret: client_secret } = acme
    const both = await postForm(path, { client_id, client_secret }, { authorization: formatBasic(acme) })
    assert.deepEqual([both.statusCode, codeOf(both), /two ways/.test(both.json().detail)], [400, 'invalid-request', true])
    const inUrl = await request({ method: 'POST', url: `${path}?${new URLSearchParams({ client_id, client_secret })}` })
    assert.deepEqual([inUrl.statusCode, /not in the URL/.test(inUrl.json().detail)], [400, true])
    const text = await owner('POST', path, { headers: { 'content-type': 'text/plain' }, payload: 'window=60' })
    assert.equal(text.statusCode, 415)
    assert.equal((await owner('POST', path, { headers: { 'content-encoding': 'gzip' } })).statusCode, 415)
  })

  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data', 'json', '']) {
    test(`fault 7.3: a change of the own secret of type "${type}" without bytes has no body`, async () => {
      const { owner } = await given(shared())
      const headers = { 'content-type': type }
      assert.equal(codeOf(await owner('DELETE', path, { headers })), 'no-rotation')
      assert.equal((await owner('POST', path, { headers })).statusCode, 201)
    })
  }
  test('fault 3.4: a window that is sent twice starts no rotation', async () => {
    const { owner, state } = await given(shared())
    const headers = { 'content-type': 'application/json' }
    const response = await owner('POST', path, { headers, payload: '{"window":604800,"window":604800}' })
    assert.deepEqual([response.statusCode, codeOf(response)], [400, 'invalid-request'])
    assert.equal((await state()).state, 'stable')
  })

  test('the window cannot be shorter than that of the realm, so a thief cannot end the owner’s secret unnoticed', async () => {
    const { owner, state } = await given(shared())
    const response = await owner('POST', path, { payload: { window: 60 } })
    assert.deepEqual([response.statusCode, response.json().errors[0].pointer], [400, '/window'])
    assert.equal((await state()).state, 'stable')
  })

  test('the old secret never confirms, even when unused; the new one does, and counts as used', async () => {
    const { owner, bySecret, clock, state, upkeep } = await given(shared())
    const { clientSecret } = (await owner('POST', path)).json()
    clock.advance(60 * minute)
    const refused = await owner('POST', `${path}/confirm`)
    assert.deepEqual([refused.statusCode, codeOf(refused), (await state()).state], [409, 'new-secret-required', 'issued'])
    assert.match(refused.json().remedy, /new secret/)
    await upkeep.writeUsage() // Uses reach the other node only once they are written.
    const early = await bySecret(clientSecret)('POST', `${path}/confirm`)
    assert.deepEqual([codeOf(early), (await state()).state], ['old-secret-in-use', 'overlapping'])
    clock.advance(quietPeriod)
    assert.equal((await bySecret(clientSecret)('POST', `${path}/confirm`)).json().state, 'stable')
  })

  test('an integrator cannot confirm while the old secret is in use, and cannot force it', async () => {
    const { owner, bySecret, upkeep } = await given(shared())
    const { clientSecret } = (await owner('POST', path)).json()
    await upkeep.writeUsage()
    const renewed = bySecret(clientSecret)
    assert.equal(codeOf(await renewed('POST', `${path}/confirm`)), 'old-secret-in-use')
    const forced = await renewed('POST', `${path}/confirm`, { payload: { force: true, reason: 'I say so' } })
    assert.deepEqual([forced.statusCode, forced.json().errors[0].pointer], [400, '/force'])
    assert.equal((await renewed('POST', path, { payload: { force: true } })).json().errors[0].pointer, '/force')
  })

  test('an integrator cancels a rotation with either secret, and that does not count as use of the new one', async () => {
    for (const which of ['old', 'new'] as const) {
      const { owner, bySecret, get, acme } = await given(shared())
      const { clientSecret } = (await owner('POST', path)).json()
      const cancelled = await (which === 'old' ? owner : bySecret(clientSecret))('DELETE', path)
      assert.deepEqual([cancelled.statusCode, cancelled.json().state], [200, 'stable'])
      assert.deepEqual([await get(clientSecret), await get(acme.clientSecret)], [401, 200])
    }
  })

  test("fault 1.7: a client cannot cancel an operator's rotation, but confirms it with the secret that it was given", async () => {
    const { admin, owner, bySecret, params, clock, get, state, tokenBy } = await given(shared())
    const started = await admin('rotation.start', { params, body: {} })
    const refused = await owner('DELETE', path)
    assert.deepEqual([refused.statusCode, codeOf(refused)], [409, 'rotation-of-the-operator'])
    assert.deepEqual([started.startedBy, (await state()).startedBy], ['operator', 'operator'])
    clock.advance(quietPeriod)
    await tokenBy(started.clientSecret!)
    assert.equal((await bySecret(started.clientSecret!)('POST', `${path}/confirm`)).statusCode, 200)
    assert.equal(await get(started.clientSecret!), 200)
  })

  test('fault 1.7: an operator cancels any rotation, and one started by the Keycloak shape belongs to it', async () => {
    const { owner, admin, params, by, operator, tokenOf, database } = await given(shared())
    await owner('POST', path)
    assert.equal((await admin('rotation.cancel', { params })).state, 'stable')
    const [{ id } = {}] = await database.query('select id from clients where client_id = ?', params.client)
    const keycloak = by(`Bearer ${await tokenOf('operators', operator)}`)
    assert.equal((await keycloak('POST', `/admin/realms/${realm}/clients/${String(id)}/client-secret`)).statusCode, 200)
    assert.equal(codeOf(await owner('DELETE', path)), 'rotation-of-the-operator')
  })

  test('fault 1.7: a rotation without a stored starter (from an older version) counts as one of the operator', async () => {
    const { owner, database, params } = await given(shared())
    await owner('POST', path)
    const ofClient = 'client in (select id from clients where client_id = ?)'
    await database.query(`update credentials set started_by = null where ${ofClient}`, params.client)
    assert.equal(codeOf(await owner('DELETE', path)), 'rotation-of-the-operator')
  })

  test('abuse 191: ten concurrent starts, and a retry with the same key, create one secret', async () => {
    const { owner, database, params } = await given(shared())
    const headers = { 'idempotency-key': 'one' }
    const first = await owner('POST', path, { headers })
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => owner('POST', path, index === 0 ? { headers } : {})))
    assert.deepEqual(answers.map(({ statusCode }) => statusCode).toSorted(), [201, ...Array.from({ length: 9 }, () => 409)])
    assert.deepEqual(answers[0]?.json(), { ...first.json(), clientSecret: null })
    const successes = `select id from audit_events where client_id = ? and kind = 'rotation.start' and outcome = 'success'`
    assert.equal((await database.query(successes, params.client)).length, 1)
  })

  test('clients with the same id in two realms have separate Idempotency-Keys', async () => {
    const { acme, owner, by, admin } = await given(shared())
    const { slug } = acme
    await admin('organizations.create', { params: { realm: 'prod' }, body: { slug, name: slug } })
    const body = { organization: slug, name: slug }
    const { client, clientSecret } = await admin('clients.create', { params: { realm: 'prod' }, body })
    const other = by(formatBasic({ clientId: client.clientId, clientSecret: clientSecret! }))
    const headers = { 'idempotency-key': 'one' }
    const [here, there] = [await owner('POST', path, { headers }), await other('POST', `/auth/realms/prod${atRoot}`, { headers })]
    assert.deepEqual([here.statusCode, there.statusCode, there.json().clientSecret === null], [201, 201, false])
  })

  test('abuse 192: neither a revoked nor a cancelled secret starts a rotation, on any node', async () => {
    const { owner, bySecret, admin, params, clock } = await given(shared())
    const { clientSecret: cancelled } = (await owner('POST', path)).json()
    await owner('DELETE', path)
    const { clientSecret: stolen, secrets } = (await owner('POST', path)).json()
    await admin('secrets.revoke', { params: { ...params, secret: secrets[0].id }, body: { reason: 'stolen' } })
    for (const [method, url] of changes)
      for (const secret of [stolen, cancelled]) assert.equal((await bySecret(secret)(method, url)).statusCode, 401)
    clock.advance(1000)
    assert.equal((await owner('POST', path)).statusCode, 201)
  })

  test('a rotation does not require the DPA', async () => {
    const { owner } = await given(shared())
    assert.equal((await owner('POST', path)).statusCode, 201) // no DPA has been accepted
  })
})

test('a credential of another kind changes no secret, although it authenticates the client', async (t) => {
  const { acme, owner, bySecret, get, state, refusals, clock } = await given(await startTestServer())
  const { clientSecret } = (await owner('POST', path)).json()
  clock.advance(quietPeriod)
  const before = await state()
  // There is no other kind yet, so the table calls the secret one.
  t.mock.property(clientAuthenticationMethods.client_secret_basic, 'credentialKind', 'another_kind' as never)
  for (const secret of [acme.clientSecret, clientSecret])
    for (const [method, url] of changes) {
      const response = await bySecret(secret)(method, url)
      assert.deepEqual([response.statusCode, codeOf(response)], [401, 'invalid-client'], `${method} ${url}`)
    }
  for (const kind of ['rotation.start', 'rotation.cancel', 'rotation.confirm'])
    assert.deepEqual(await refusals(kind), ['wrong-credential-kind', 'wrong-credential-kind'])
  assert.deepEqual(await state(), before)
  assert.equal(await get(clientSecret), 200)
})

test('fault 1.1: a bearer token changes no secret, in any place, and the error says what is needed', async () => {
  const { byToken, acme, tokenBy, request, state, refusals } = await given(await startTestServer())
  const token = await tokenBy(acme.clientSecret)
  for (const [method, url] of changes) {
    const refused = await byToken(method, url)
    assert.deepEqual([refused.statusCode, codeOf(refused)], [401, 'invalid-client'])
    assert.match(refused.json().remedy, /only with proof of a secret/)
    assert.match(String(refused.headers['www-authenticate']), /^Basic /)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const attempt of [
      { method, url, headers, payload: new URLSearchParams({ access_token: token }).toString() },
      { method, url, headers, payload: new URLSearchParams({ client_id: acme.clientId, client_secret: token }).toString() },
      { method, url, headers: { authorization: formatBasic({ clientId: acme.clientId, clientSecret: token }) } },
      { method, url: `${url}?access_token=${token}` },
      { method, url, headers: { cookie: `access_token=${token}` } },
    ])
      assert.equal((await request(attempt)).statusCode, 401)
  }
  assert.equal((await state()).state, 'stable')
  assert.deepEqual(new Set(await refusals('rotation.start')), new Set(['bearer-token', 'no-credentials', 'secret-mistyped']))
})

test('fault 1.2: a token narrowed to one scope changes no secret, of an integrator or of an operator', async () => {
  const { acme, by, operator, requestToken, state, database } = await given(await startTestServer())
  const narrowed = async (of: string, credentials: typeof operator, scope: string) =>
    (await requestToken(of, { ...tokenRequest(credentials), scope })).json().access_token
  const profile = by(`Bearer ${await narrowed(realm, { ...operator, ...acme }, 'profile')}`)
  const reader = by(`Bearer ${await narrowed('operators', operator, 'audit:read')}`)
  for (const [method, url] of changes) {
    assert.equal((await profile(method, url)).statusCode, 401)
    for (const at of [url.replace(realm, 'operators'), url.replace('/realms/nt24-idp', '')])
      assert.equal((await reader(method, at)).statusCode, 405)
    assert.equal((await reader(method, `/admin/v1/realms/operators/clients/${operator.clientId}/secret-rotation`)).statusCode, 403)
  }
  assert.equal((await state()).state, 'stable')
  assert.equal((await database.query(`select * from audit_events where kind = 'rotation.start' and outcome = 'success'`)).length, 0)
})

test('if the root is the issuer of a realm, its clients change their secrets there', async () => {
  const { aClient, by, byToken, owner, tokenOf } = await given(await startTestServer({ realms: seedRealms }))
  const other = await aClient('nxtsoft')
  const started = await by(formatBasic(other))('POST', atRoot)
  assert.deepEqual([started.statusCode, started.json().state], [201, 'issued'])
  assert.equal(codeOf(await owner('POST', atRoot)), 'invalid-client')
  assert.equal((await byToken('GET', atRoot)).headers['content-location'], path)
  const read = await by(`Bearer ${await tokenOf('nxtsoft', other)}`)('GET', atRoot)
  assert.deepEqual([read.json().state, read.headers['content-location']], ['issued', atRoot])
})

test('every failed authentication gets the same error and is counted against the address', async () => {
  const { admin, by, owner, acme, params, refusals } = await given(await startTestServer())
  const withoutIds = (body: string) => ({ ...JSON.parse(body), instance: '' })
  const wrong = `${acme.clientSecret.slice(0, -1)}${acme.clientSecret.endsWith('a') ? 'b' : 'a'}`
  const answers = [
    await by(formatBasic({ clientId: 'unknown', clientSecret: acme.clientSecret }))('POST', path),
    await by(formatBasic({ ...acme, clientSecret: wrong }))('POST', path),
    await by('Basic ?')('POST', path),
  ]
  await admin('clients.update', { params, body: { enabled: false } })
  answers.push(await owner('POST', path))
  await admin('clients.update', { params, body: { enabled: true } })
  await admin('organizations.suspend', { params: { realm, organization: 'acme' }, body: { reason: 'left' } })
  answers.push(await owner('POST', path), await owner('DELETE', path))
  assert.deepEqual(
    answers.map(({ statusCode, body }) => [statusCode, withoutIds(body)]),
    answers.map(() => [401, withoutIds(answers[0]!.body)]),
  )
  assert.deepEqual(await refusals('rotation.start'), [
    'client-disabled',
    'malformed-basic-header',
    'organization-suspended',
    'secret-mistyped',
    'unknown-client',
  ])
})

test('fault 3.7: a client with many failures is blocked here as at the token endpoint, and told so', async () => {
  const { aClient, by, requestToken } = await given(await startTestServer({ nodes: 1 }))
  const client = await aClient('prod')
  const url = `/auth/realms/prod${atRoot}`
  for (let i = 0; i < 5; i++) assert.equal((await by(formatBasic({ ...client, clientSecret: 'x' }))('POST', url)).statusCode, 401)
  const blocked = await by(formatBasic(client))('POST', url)
  assert.deepEqual([blocked.statusCode, codeOf(blocked), blocked.headers['retry-after']], [429, 'authentication-blocked', '300'])
  assert.equal((await requestToken('prod', tokenRequest(client))).statusCode, 429)
})

test('the stored responses of a client are deleted with it', async () => {
  const { owner, admin, params, database } = await given(await startTestServer())
  assert.equal((await owner('POST', path, { headers: { 'idempotency-key': 'one' } })).statusCode, 201)
  const stored = () => database.query<{ actor: string }>('select actor from idempotency_keys')
  assert.equal((await stored()).length, 1)
  await admin('clients.delete', { params })
  assert.deepEqual(await stored(), [])
})

test('fault 2.7: starts and cancels are limited per client, across its secrets and addresses', async () => {
  const { owner, bySecret, aClient, by, clock } = await given(await startTestServer({ nodes: 1 }))
  for (let i = 0; i < 20; i++) {
    const { clientSecret } = (await owner('POST', path)).json()
    assert.equal((await (i % 2 ? owner : bySecret(clientSecret))('DELETE', path)).statusCode, 200)
  }
  for (const method of ['POST', 'DELETE'] as const) {
    const refused = await owner(method, path)
    assert.deepEqual([refused.statusCode, codeOf(refused), refused.headers['retry-after']], [429, 'rate-limited', '3600'])
  }
  const other = await aClient(realm, { slug: 'other' })
  assert.equal((await by(formatBasic(other))('POST', path)).statusCode, 201)
  clock.advance(60 * minute)
  assert.equal((await owner('POST', path)).statusCode, 201)
})

test('no secret is in the audit log, in a stored response or in the log', async () => {
  const { acme, postForm, database, log } = await given(await startTestServer())
  const form = { client_id: acme.clientId, client_secret: acme.clientSecret }
  const { clientSecret } = (await postForm(path, form, { 'idempotency-key': 'one' })).json()
  const stored = JSON.stringify([
    await database.query('select * from audit_events'),
    await database.query('select * from idempotency_keys'),
    log,
  ])
  for (const secret of [acme.clientSecret, clientSecret]) assert.equal(stored.includes(secret), false)
})
