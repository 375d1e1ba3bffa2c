import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../test-server.fixture.ts'

const params = { realm: 'operators' }

test('abuse 146: an operator with one scope cannot make an operator with more', async () => {
  const { admin, tokenOf, request } = await startTestServer()
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
    headers,
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

test('nobody can lock all operators out', async () => {
  const { requestAdmin, operator } = await startTestServer()
  const suspended = await requestAdmin('organizations.update', {
    params: { ...params, organization: 'operators' },
    body: { status: 'suspended' },
  })
  const disabled = await requestAdmin('clients.update', { params: { ...params, client: operator.clientId }, body: { enabled: false } })
  assert.deepEqual([suspended.statusCode, disabled.statusCode], [409, 409])
})
