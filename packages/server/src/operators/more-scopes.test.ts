// A release that adds a scope of operators: owners stay owners without it, and no operator becomes one by having all the others.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { adminScopes } from '@countersign/admin'
import { shareTestServer, startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'
import { ownerScopes } from '../clients/owner-role.ts'

const added = 'reports:read'
;(adminScopes as unknown as string[]).push(added)

type Operator = Pick<TestServer['operator'], 'clientId' | 'clientSecret'>

const params = { realm: 'operators' }
const scopesBefore = [...ownerScopes]

/** The operator is an owner from before there was the scope. */
async function afterTheRelease(given: TestServer) {
  const { admin, database, requestAdmin, requestToken } = given
  const operator: Operator = given.operator
  await database.query('update clients set scopes = ? where client_id = ?', JSON.stringify(scopesBefore), operator.clientId)
  async function anOperator(clientId: string, scopes: string[], secretExpiresAt: string | null = null) {
    const body = { organization: 'operators', clientId, name: clientId, scopes, secretExpiresAt }
    const { clientSecret } = await admin('clients.create', { params, body })
    return { clientId, clientSecret: clientSecret! }
  }
  const roleOf = async (clientId: string) =>
    (await database.query<{ role: string | null }>('select role from clients where client_id = ?', clientId))[0]?.role
  const update = (client: string, body: { name?: string; scopes?: string[] }, by = operator) =>
    requestAdmin('clients.update', { params: { ...params, client }, body }, by).then(({ statusCode }) => statusCode)
  const tokenFor = async (credentials: Operator, scope: string) =>
    (await requestToken('operators', { ...tokenRequest(credentials), scope })).json<{ access_token: string }>().access_token
  return { ...given, operator, anOperator, roleOf, update, tokenFor }
}

suite('operators after the release', () => {
  const shared = shareTestServer()

  test('an operator that gets all scopes but the new one is no owner', async () => {
    const { anOperator, update, roleOf, operator } = await afterTheRelease(shared())
    const assistant = await anOperator('assistant', scopesBefore)
    assert.equal(await roleOf('assistant'), null)
    for (const client of ['assistant', operator.clientId]) assert.equal(await update(client, { name: 'Mine' }, assistant), 403)
    assert.equal(await update('assistant', { scopes: [...adminScopes] }, assistant), 403)
  })

  test('every scope that there is makes an owner, and losing any unmakes it', async () => {
    const { anOperator, update, roleOf } = await afterTheRelease(shared())
    const deputy = await anOperator('deputy', [...adminScopes])
    await anOperator('clerk', [])
    assert.equal(await update('clerk', { name: 'Ours' }, deputy), 200)
    assert.equal(await update('deputy', { scopes: scopesBefore }), 200)
    assert.equal(await roleOf('deputy'), null)
    assert.equal(await update('clerk', { name: 'Theirs' }, deputy), 403)
    assert.equal(await update('clerk', { scopes: [...adminScopes] }), 200)
    assert.equal(await roleOf('clerk'), 'owner')
  })

  test('a narrowed token of an owner changes no operator', async () => {
    const { anOperator, operator, request, tokenFor } = await afterTheRelease(shared())
    await anOperator('reader', [])
    for (const scope of ['audit:read', 'clients:write', scopesBefore.slice(1).join(' ')]) {
      const headers = { authorization: `Bearer ${await tokenFor(operator, scope)}`, 'if-match': '*' }
      const url = '/admin/v1/realms/operators/clients/reader'
      const response = await request({ method: 'PATCH', url, headers, payload: { name: 'Mine' } })
      assert.deepEqual([response.statusCode, response.json().type.split('/').at(-1)], [403, 'insufficient-scope'], scope)
    }
  })

  test('an owner that was reduced by a node that leaves the role is none', async () => {
    const { anOperator, update, database } = await afterTheRelease(shared())
    const former = await anOperator('former', [...adminScopes])
    await database.query('update clients set scopes = ? where client_id = ?', JSON.stringify(['clients:write', added]), 'former')
    assert.equal(await update('former', { name: 'Mine' }, former), 403)
  })

  test('no client of another realm gets the role', async () => {
    const { aClient, roleOf } = await afterTheRelease(shared())
    const { clientId } = await aClient('nt24-idp')
    assert.equal(await roleOf(clientId), null)
  })
})

test('an owner without the new scope goes on changing operators, and can take the scope up', async () => {
  const { operator, anOperator, update, roleOf } = await afterTheRelease(await startTestServer())
  await anOperator('clerk', ['audit:read'])
  assert.equal(await update('clerk', { scopes: ['clients:read'] }), 200)
  assert.equal(await update(operator.clientId, { scopes: scopesBefore }), 200)
  assert.equal(await update(operator.clientId, { scopes: [...scopesBefore, added] }), 200)
  assert.equal(await roleOf(operator.clientId), 'owner')
  assert.equal(await update(operator.clientId, { scopes: scopesBefore }), 409, 'it would give up its role')
  assert.equal(await update('clerk', { name: 'Still' }), 200)
})

test('the last owner is protected, however many have all scopes but the new one', async () => {
  const { anOperator, operator, requestAdmin, clock } = await afterTheRelease(await startTestServer())
  await anOperator('clerk', scopesBefore)
  const own = { params: { ...params, client: operator.clientId } }
  const secretExpiresAt = new Date(clock.now() + 30 * 60_000).toISOString()
  assert.equal((await requestAdmin('rotation.start', { ...own, body: { window: 60, secretExpiresAt } })).statusCode, 409)
  await anOperator('deputy', [...adminScopes])
  assert.equal((await requestAdmin('rotation.start', { ...own, body: { window: 60, secretExpiresAt } })).statusCode, 201)
})
