// Refusals of this server itself apart from the token endpoint: introspection, revocation, the API for clients, and the admin API.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { generateClientSecret } from '../keys/secret-format.ts'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const issuerPath = '/realms/nt24-idp'

suite('refusals of the APIs of this server', () => {
  const shared = shareTestServer()

  async function explain(response: { readonly headers: Record<string, unknown> }) {
    const { admin, upkeep, auditEvents } = shared()
    await upkeep.writeRefusals()
    await auditEvents()
    return admin('requests.explain', { params: { request: String(response.headers['x-request-id']) } })
  }

  for (const [name, path, source] of [
    ['introspection', 'protocol/openid-connect/token/introspect', 'the introspection endpoint'],
    ['revocation', 'protocol/openid-connect/revoke', 'the revocation endpoint'],
  ] as const) {
    test(`a client without the right secret at the ${name} endpoint`, async () => {
      const { aClient, postForm } = shared()
      const acme = await aClient(realm)
      const refused = await postForm(`${issuerPath}/${path}`, {
        ...tokenRequest({ ...acme, clientSecret: generateClientSecret() }),
        token: 'x',
      })
      const found = await explain(refused)
      assert.deepEqual([found.request.source, found.code, found.reason, found.certain], [source, 'invalid-client', 'wrong-secret', false])
    })
  }

  test('a revocation of the token of another client, which is answered with 200', async () => {
    const { aClient, postForm, tokenOf } = shared()
    const [acme, other] = [await aClient(realm), await aClient(realm)]
    const answer = await postForm(`${issuerPath}/protocol/openid-connect/revoke`, {
      ...tokenRequest(other),
      token: await tokenOf(realm, acme),
    })
    assert.equal(answer.statusCode, 200)
    assert.match((await explain(answer)).cause, /revoke the token of another client/)
  })

  test('/v1/me: no token, and the token of a client that was disabled', async () => {
    const { aClient, request, tokenOf, admin } = shared()
    const acme = await aClient(realm)
    const me = `${issuerPath}/v1/me`
    const none = await explain(await request({ url: me }))
    assert.deepEqual([none.code, none.failed, none.who, none.changedBy], ['missing-token', 'credentials', 'integrator', null])
    const headers = { authorization: `Bearer ${await tokenOf(realm, acme)}` }
    await admin('clients.update', { params: { realm, client: acme.clientId }, body: { enabled: false } })
    const disabled = await explain(await request({ url: me, headers }))
    assert.deepEqual([disabled.failed, disabled.changedBy?.kind, disabled.request.clientId], ['standing', 'clients.update', acme.clientId])
    assert.equal(disabled.command, `countersign client enable ${acme.clientId} --realm ${realm} --reason 'why'`)
  })

  test('the rotation of its own secret by a client', async () => {
    const { aClient, request, admin } = shared()
    const acme = await aClient(realm)
    const rotate = () =>
      request({
        method: 'POST',
        url: `${issuerPath}/v1/me/secret-rotation`,
        headers: { authorization: `Basic ${Buffer.from(`${acme.clientId}:${acme.clientSecret}`).toString('base64')}` },
      })
    await admin('rotation.start', { params: { realm, client: acme.clientId }, body: {} })
    const found = await explain(await rotate())
    assert.deepEqual([found.code, found.request.clientId], ['rotation-in-progress', acme.clientId])
    await admin('clients.update', { params: { realm, client: acme.clientId }, body: { serviceAccountEnabled: false } })
    const off = await explain(await rotate())
    assert.deepEqual([off.reason, off.changedBy?.kind], ['service-account-off', 'clients.update'])
    assert.equal(off.command, `countersign client update ${acme.clientId} --service-account on --realm ${realm} --reason 'why'`)
  })

  test('an operator that lacks a scope, that is limited to other realms, and that is no owner', async () => {
    const { createOperator, requestAdmin, admin, operator } = shared()
    const limited = await createOperator({ realms: ['prod'] })
    const elsewhere = await explain(await requestAdmin('clients.list', { params: { realm } }, limited))
    assert.deepEqual(
      [elsewhere.code, elsewhere.request.clientId, elsewhere.request.source],
      ['realm-not-permitted', limited.clientId, 'the admin API'],
    )
    const owner = await requestAdmin(
      'clients.update',
      { params: { realm: 'operators', client: operator.clientId }, body: { name: 'x' } },
      limited,
    )
    assert.match(String((await explain(owner)).code), /realm-not-permitted|owner-required/)
    await admin('clients.update', { params: { realm: 'operators', client: limited.clientId }, body: { scopes: ['clients:read'] } })
    const scope = await explain(await requestAdmin('organizations.list', { params: { realm: 'prod' } }, limited))
    assert.deepEqual(
      [scope.code, scope.failed, scope.changedBy?.kind, scope.changedBy?.by?.id],
      ['insufficient-scope', 'scope', 'clients.update', operator.clientId],
    )
    assert.equal(
      scope.command,
      `countersign client update ${limited.clientId} --scope 'clients:read organizations:read' --realm operators --reason 'why'`,
    )
  })

  test('a token that is none, and one of an unknown issuer, have the remedy that helps', async () => {
    const { request, upkeep, admin } = shared()
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const foreign = `${part({ alg: 'RS256', typ: 'at+jwt', kid: 'k' })}.${part({ iss: 'https://elsewhere.example' })}.c2ln`
    for (const [token, remedy] of [
      ['nonsense', /^Send the value of "access_token" of the token response, whole/],
      [foreign, /^Verify the realm in your token URL/],
    ] as const) {
      const refused = await request({ method: 'GET', url: `/realms/${realm}/v1/me`, headers: { authorization: `Bearer ${token}` } })
      assert.equal(refused.statusCode, 401)
      await upkeep.writeRefusals()
      const explained = await admin('requests.explain', { params: { request: String(refused.headers['x-request-id']) } })
      assert.deepEqual([explained.code, explained.who, explained.command], ['invalid-token', 'integrator', null])
      assert.match(explained.remedy, remedy)
    }
  })

  test('what a guard reports is its claim, comes after what this server knows, and names its reporter', async () => {
    const { aClient, requestToken, upkeep, database, clock, admin } = shared()
    const acme = await aClient(realm)
    const refused = await requestToken(realm, tokenRequest({ ...acme, clientSecret: generateClientSecret() }))
    await upkeep.writeRefusals()
    const id = String(refused.headers['x-request-id'])
    const insert = (reporter: string, at: number) =>
      database.query(
        `insert into refusals (request_id, reporter, realm, at, sample, source, code, detail, caller_request_id) values ('${id}', '${reporter}', '${realm}', ${at}, 1, 'guard', 'dpa-missing', '{"requires":7}', 'req-9')`,
      )
    await insert('liar', clock.now() + 5000)
    await insert('other', clock.now() + 1000)
    const { request, reports } = await admin('requests.explain', { params: { request: id } })
    assert.deepEqual([request.reporter, reports.map(({ reporter }) => reporter)], [null, [null, 'liar', 'other']])
    const byCaller = await admin('requests.explain', { params: { request: 'req-9' } })
    assert.deepEqual([byCaller.request.reporter, byCaller.code, byCaller.request.id], ['liar', 'dpa-missing', id])
  })

  test('a refusal of a guard is found by the id of its API and by the one of the caller, and shows both', async () => {
    const { database, clock, admin } = shared()
    const insert = (id: string, at: number, apiId: string | null, callerId: string) =>
      database.query(
        `insert into refusals (request_id, reporter, realm, at, sample, source, code, detail, api_request_id, caller_request_id) values ('${id}', 'guard', '${realm}', ${at}, 1, 'guard', 'dpa-missing', '{}', ${apiId === null ? 'null' : `'${apiId}'`}, '${callerId}')`,
      )
    const ids = [1, 2, 3].map((number) => `019ac5d2f000-0badcafe-0000010${number}`)
    await insert(ids[0]!, clock.now(), 'order-service-17', 'job-17')
    await insert(ids[1]!, clock.now() + 1, 'same-17', 'same-17')
    // Its caller chose the id that the API gave another request.
    await insert(ids[2]!, clock.now() + 2, null, 'order-service-17')
    for (const request of ['order-service-17', 'job-17']) {
      const explained = await admin('requests.explain', { params: { request } })
      const { id, apiRequestId, callerRequestId } = explained.request
      assert.deepEqual([id, apiRequestId, callerRequestId], [ids[0], 'order-service-17', 'job-17'])
      const { items } = await admin('refusals.list', { params: { realm }, query: { request, limit: 10 } })
      assert.deepEqual(
        items.map((item) => [item.requestId, item.apiRequestId, item.callerRequestId]),
        [[ids[0], 'order-service-17', 'job-17']],
      )
    }
    const { reports } = await admin('requests.explain', { params: { request: 'same-17' } })
    assert.deepEqual(
      reports.map((report) => report.id),
      [ids[1]],
    )
  })
})
