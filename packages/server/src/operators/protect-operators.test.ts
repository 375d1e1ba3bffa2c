import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { adminScopes } from '@countersign/admin'
import { createClientKey } from '../../test/client-key.fixture.ts'
import { shareTestServer, startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const params = { realm: 'operators' }

suite('operators with fewer rights', () => {
  const shared = shareTestServer()

  test('abuse 146: an operator with one scope cannot create an operator with more', async () => {
    const { admin, tokenOf, request } = shared()
    const { client, clientSecret } = await admin('clients.create', {
      params,
      body: { organization: 'operators', clientId: 'clerk', name: 'Clerk', scopes: ['clients:read', 'clients:write'] },
    })
    assert.ok(clientSecret !== null)
    const headers = { authorization: `Bearer ${await tokenOf('operators', { clientId: client.clientId, clientSecret })}` }
    const create = {
      method: 'POST',
      url: '/admin/v1/realms/operators/clients',
      headers,
      payload: { organization: 'operators', name: 'More' },
    } as const
    const widen = {
      method: 'PATCH',
      url: '/admin/v1/realms/operators/clients/clerk',
      headers: { ...headers, 'if-match': '*' },
      payload: { scopes: ['organizations:write'] },
    } as const
    for (const attempt of [create, widen]) {
      const response = await request(attempt)
      assert.equal(response.statusCode, 403)
      assert.match(response.json().type, /insufficient-scope$/)
      assert.match(String(response.headers['www-authenticate']), /error="insufficient_scope"/)
    }
    assert.equal((await request({ url: '/admin/v1/realms/operators/clients/clerk', headers })).statusCode, 200)
  })

  test('abuse 146: an operator that may register keys of clients registers none of an operator, which it could then log in as', async () => {
    const { admin, tokenOf, request, operator } = shared()
    const scopes = ['clients:read', 'secrets:write']
    const body = { organization: 'operators', clientId: 'keeper', name: 'Keeper', scopes }
    const { client, clientSecret } = await admin('clients.create', { params, body })
    const headers = { authorization: `Bearer ${await tokenOf('operators', { clientId: client.clientId, clientSecret: clientSecret! })}` }
    const url = `/admin/v1/realms/operators/clients/${operator.clientId}`
    for (const attempt of [
      { method: 'POST', url: `${url}/keys`, payload: { key: createClientKey().jwk } },
      { method: 'PUT', url: `${url}/jwks-uri`, payload: { url: 'https://keeper.example/jwks' } },
    ] as const) {
      const response = await request({ ...attempt, headers })
      assert.deepEqual([response.statusCode, response.json().type.split('/').at(-1)], [403, 'insufficient-scope'])
    }
  })

  test('fault 1.4: an operator whose scopes were reduced cannot restore them with an older token', async () => {
    const { admin, createOperator, tokenOf, request } = shared()
    const other = await createOperator()
    const headers = { authorization: `Bearer ${await tokenOf('operators', other)}`, 'if-match': '*' }
    const url = `/admin/v1/realms/operators/clients/${other.clientId}`
    await admin('clients.update', { params: { ...params, client: other.clientId }, body: { scopes: ['audit:read'] } })
    const widen = await request({ method: 'PATCH', url, headers, payload: { scopes: [...adminScopes] } })
    assert.deepEqual([widen.statusCode, widen.json().type.split('/').at(-1)], [403, 'insufficient-scope'])
    assert.match(String(widen.headers['www-authenticate']), /error="insufficient_scope"/)
    assert.equal((await request({ url, headers })).statusCode, 403)
    assert.equal((await request({ url: '/admin/v1/audit', headers })).statusCode, 200)
  })

  test('fault 1.4: in a realm of partners a removed scope is not in GET /v1/me, and grants no entitlement', async () => {
    const { admin, aClient, tokenOf, request } = shared()
    const api = await aClient('prod', { scopes: ['entitlements:read'] })
    const headers = { authorization: `Bearer ${await tokenOf('prod', api)}` }
    const url = `/auth/realms/prod/v1/organizations/${api.organizationId}/entitlement`
    const before = await request({ url, headers })
    assert.deepEqual(before.json().clients[0].scopes, ['entitlements:read'])
    await admin('clients.update', { params: { realm: 'prod', client: api.clientId }, body: { scopes: [] } })
    const after = await request({ url, headers })
    assert.deepEqual([after.statusCode, after.json().type.split('/').at(-1)], [403, 'insufficient-scope'])
    assert.equal((await request({ url: '/v1/me', headers })).json().token.scope, '')
  })

  test('another organization of operators can be suspended and deleted, and the tokens of all operators can be cut', async () => {
    const { admin, tokenOf, operator, request } = shared()
    await admin('organizations.create', { params, body: { slug: 'night-shift', name: 'Night shift' } })
    const nightShift = { ...params, organization: 'night-shift' }
    assert.equal((await admin('organizations.suspend', { params: nightShift, body: {} })).status, 'suspended')
    await admin('organizations.delete', { params: nightShift })
    const headers = { authorization: `Bearer ${await tokenOf('operators', operator)}` }
    await admin('organizations.cutTokens', { params: { ...params, organization: 'operators' }, body: { reason: 'leaked' } })
    assert.equal((await request({ url: '/admin/v1/realms', headers })).statusCode, 401)
    assert.equal((await admin('realms.list', { params: {} })).items.length, 4)
  })

  for (const [number, scopes] of [
    ['clients:write'],
    ['organizations:write'],
    ['secrets:write', 'clients:write', 'organizations:write', 'audit:read'],
  ].entries()) {
    test(`abuse 146: an operator with only ${scopes.join(' ')} cannot change operators`, async () => {
      const { admin, requestAdmin, createOperator } = shared()
      const clientId = `clerk-${number}`
      const { clientSecret } = await admin('clients.create', {
        params,
        body: { organization: 'operators', clientId, name: 'Clerk', scopes },
      })
      const clerk = { clientId, clientSecret: clientSecret! }
      const other = await createOperator()
      const ofOther = { ...params, client: other.clientId }
      const ofOperators = { ...params, organization: 'operators' }
      const clients = async () => (await admin('organizations.get', { params: ofOperators })).clients
      const before = await clients()
      const attempts = [
        await requestAdmin(
          'clients.create',
          { params, body: { organization: 'operators', clientId: 'more', name: 'More', scopes: [] } },
          clerk,
        ),
        await requestAdmin('clients.update', { params: ofOther, body: { scopes: [] } }, clerk),
        await requestAdmin('clients.update', { params: { ...params, client: clientId }, body: { scopes: ['audit:read'] } }, clerk),
        await requestAdmin('clients.delete', { params: ofOther }, clerk),
        await requestAdmin('organizations.delete', { params: ofOperators }, clerk),
        await requestAdmin('organizations.cutTokens', { params: ofOperators, body: { reason: 'mischief' } }, clerk),
      ]
      assert.deepEqual(new Set(attempts.map(({ statusCode }) => statusCode)), new Set([403]))
      assert.deepEqual(await clients(), before)
    })
  }
})

const reductions = ['scopes = \'["clients:write"]\'', 'enabled = 0']
suite('operators that another node reduces', () => {
  const shared = shareTestServer({ nodes: 1 })

  for (const reduction of reductions) {
    test(`fault 1.4: an operator that another node has just reduced (${reduction}) changes no operator on this one`, async () => {
      const { createOperator, tokenOf, request, database, operator } = shared()
      const other = await createOperator()
      const headers = { authorization: `Bearer ${await tokenOf('operators', other)}`, 'if-match': '*' }
      const patch = async (name: string) =>
        request({ method: 'PATCH', url: `/admin/v1/realms/operators/clients/${operator.clientId}`, headers, payload: { name } })
      assert.equal((await patch('Before')).statusCode, 200)
      assert.equal((await request({ url: '/admin/v1/realms', headers })).statusCode, 200) // Now it is cached again.
      await database.query(`update clients set ${reduction} where client_id = ?`, other.clientId)
      assert.deepEqual(
        [(await patch('After')).statusCode, (await patch('After')).json().type.split('/').at(-1)],
        [403, 'insufficient-scope'],
      )
      const [row] = await database.query<{ name: string }>('select name from clients where client_id = ?', operator.clientId)
      assert.equal(row!.name, 'Before')
    })
  }
})

/** Operations that an operator must not apply to itself, and their input besides the realm and its own id. */
const ownEnds = [
  ['organizations.update', { body: { status: 'suspended' } }],
  ['organizations.suspend', { body: {} }],
  ['organizations.delete', {}],
  ['clients.update', { body: { enabled: false } }],
  ['clients.update', { body: { serviceAccountEnabled: false } }],
  ['clients.update', { body: { scopes: ['clients:read'] } }],
  ['clients.delete', {}],
] as const
suite('the only operator', () => {
  const shared = shareTestServer()

  for (const [name, input] of ownEnds) {
    test(`no operator can lock itself out by ${name} ${JSON.stringify(input)}, with or without other operators`, async () => {
      const { admin, requestAdmin, operator, createOperator } = shared()
      const itself = name.startsWith('clients') ? { client: operator.clientId } : { organization: 'operators' }
      const attempt = () => requestAdmin(name, { params: { ...params, ...itself }, ...input } as never)
      assert.equal((await attempt()).statusCode, 409)
      const other = await createOperator()
      assert.equal((await attempt()).statusCode, 409)
      const { id, status } = await admin('organizations.get', { params: { ...params, organization: 'operators' } })
      assert.equal(status, 'active')
      if ('organization' in itself)
        assert.equal((await requestAdmin(name, { params: { ...params, organization: id }, ...input } as never)).statusCode, 409)
      await admin('clients.delete', { params: { ...params, client: other.clientId } }) // The next test begins with one operator again.
    })
  }
})

test('of two operators that delete each other concurrently one stays', async () => {
  const { request, operator, createOperator, requestToken, tokenOf } = await startTestServer()
  const other = await createOperator()
  const tokens = await Promise.all([operator, other].map((one) => tokenOf('operators', one)))
  const erase = (token: string | undefined, { clientId }: typeof operator) =>
    request({ method: 'DELETE', url: `/admin/v1/realms/operators/clients/${clientId}`, headers: { authorization: `Bearer ${token}` } })
  const answers = await Promise.all([erase(tokens[0], other), erase(tokens[1], operator)])
  assert.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1)
  const left = await Promise.all([operator, other].map((one) => requestToken('operators', tokenRequest(one))))
  assert.equal(left.filter(({ statusCode }) => statusCode === 200).length, 1)
})

for (const [left, minutes, status] of [
  ['an hour', 60, 409],
  ['more than an hour', 61, 200],
] as const) {
  test(`if one operator's only secret ends in ${left}, the other ${status === 409 ? 'cannot' : 'can'} be deleted`, async () => {
    const { request, admin, operator, tokenOf, clock } = await startTestServer()
    const secretExpiresAt = new Date(clock.now() + minutes * 60_000).toISOString()
    const body = { organization: 'operators', clientId: 'leaving', name: 'Leaving', scopes: [...adminScopes], secretExpiresAt }
    const { clientSecret } = await admin('clients.create', { params, body })
    const headers = { authorization: `Bearer ${await tokenOf('operators', { clientId: 'leaving', clientSecret: clientSecret! })}` }
    const erased = await request({ method: 'DELETE', url: `/admin/v1/realms/operators/clients/${operator.clientId}`, headers })
    assert.equal(erased.statusCode, status, erased.body)
  })
}

test('the last operator cannot give itself a secret that ends at once, and can always create another operator', async () => {
  const { admin, requestAdmin, operator, database, clock } = await startTestServer()
  const endsAt = new Date(clock.now() + 30 * 60_000).toISOString()
  const own = { params: { ...params, client: operator.clientId } }
  assert.equal((await requestAdmin('rotation.start', { ...own, body: { window: 60, secretExpiresAt: endsAt } })).statusCode, 409)
  await database.query('update credentials set expires_at = ?', clock.now() + 30 * 60_000)
  await admin('clients.create', { params, body: { organization: 'operators', clientId: 'next', name: 'Next', scopes: [...adminScopes] } })
})

test('the last owner with a secret cannot give it up for a key, with which a lost key would lock out all operators', async () => {
  const { admin, requestAdmin, operator } = await startTestServer()
  const own = { ...params, client: operator.clientId }
  await admin('keys.add', { params: own, body: { key: createClientKey().jwk } })
  const response = await requestAdmin('clients.update', { params: own, body: { authenticationMethods: ['private_key_jwt'] } })
  assert.deepEqual([response.statusCode, response.json().type.split('/').at(-1)], [409, 'conflict'])
})
