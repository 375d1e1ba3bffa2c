import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusalOf } from '../../test/console.fixture.ts'
import { aPerson } from '../../test/people.fixture.ts'
import { realm, withPortal } from '../../test/portal.fixture.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'

test('abuse 146: who may not change clients lets in no person who may replace their secrets', async () => {
  const server = await startTestServer(withPortal)
  const scopes = ['organizations:read', 'organizations:write']
  const body = { organization: 'operators', clientId: 'of-organizations', name: 'x', scopes }
  const { clientSecret } = await server.admin('clients.create', { params: { realm: 'operators' }, body })
  const credentials = { clientId: 'of-organizations', clientSecret: clientSecret! }
  const { id: person, organization } = await aPerson(server, 'developer')
  const params = { realm, organization }
  const invite = (role: 'viewer' | 'developer' | 'admin') =>
    server.requestAdmin('invitations.create', { params, body: { role } }, credentials)
  const set = (role: 'viewer' | 'developer' | 'admin') =>
    server.requestAdmin('people.setRole', { params: { ...params, person }, body: { role } }, credentials)
  for (const role of ['developer', 'admin'] as const) assert.deepEqual(refusalOf(await invite(role)), [403, 'insufficient-scope'])
  assert.equal((await invite('viewer')).statusCode, 201)
  assert.deepEqual(refusalOf(await set('admin')), [403, 'insufficient-scope'])
  assert.equal((await set('viewer')).statusCode, 200, 'taking a role away needs nothing more')
  assert.deepEqual(refusalOf(await set('developer')), [403, 'insufficient-scope'])
  assert.equal(
    (await server.requestAdmin('people.setRole', { params: { ...params, person }, body: { role: 'developer' } })).statusCode,
    200,
  )
})
