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
    assert.equal(disabled.command, `countersign client enable ${acme.clientId} --realm ${realm}`)
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
    assert.equal(off.command, `countersign client update ${acme.clientId} --service-account on --realm ${realm}`)
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
    assert.equal(scope.command, `countersign client update ${limited.clientId} --scope 'clients:read organizations:read' --realm operators`)
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
})
