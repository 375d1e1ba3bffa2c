import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { shareTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'

/** Errors of the token endpoint: case, realm, parameters, status, `error`, problem page. */
const denials = [
  ['a missing grant_type', 'prod', { grant_type: '' }, 400, 'invalid_request', 'malformed-token-request'],
  ['another grant_type', 'prod', { grant_type: 'password' }, 400, 'unsupported_grant_type', 'wrong-grant-type'],
  ['a grant_type in upper case', 'prod', { grant_type: 'CLIENT_CREDENTIALS' }, 400, 'unsupported_grant_type', 'wrong-grant-type'],
  ['another grant_type in a realm of seed 000', 'nt24-idp', { grant_type: 'password' }, 400, 'invalid_grant', 'wrong-grant-type'],
  ['a username in a realm of seed 000', 'nt24-idp', { username: 'ada' }, 400, 'invalid_grant', 'user-credentials-sent'],
  ['a password in a realm of seed 000', 'nt24-idp', { password: 'x' }, 400, 'invalid_grant', 'user-credentials-sent'],
  ['a missing client_secret', 'prod', { client_secret: '' }, 401, 'invalid_client', 'invalid-client'],
  ['a wrong client_secret', 'prod', { client_secret: 'x' }, 401, 'invalid_client', 'invalid-client'],
  ['a scope that was not granted', 'nt24-idp', { scope: 'orders:read' }, 400, 'invalid_scope', 'invalid-scope'],
  ['another audience', 'prod', { resource: 'x' }, 400, 'invalid_target', 'invalid-target'],
] as const

// With a fifth failed authentication, prod would block the address of these tests.
suite('errors of the token endpoint', () => {
  const shared = shareTestServer()
  let clients: Record<'prod' | 'nt24-idp', Awaited<ReturnType<TestServer['aClient']>>>
  before(async () => {
    const { aClient } = shared()
    clients = { prod: await aClient('prod'), 'nt24-idp': await aClient('nt24-idp') }
  })

  for (const [what, realm, parameters, status, error, page] of denials) {
    test(`${what} is rejected as ${error}, with the page that explains it, and is not cacheable`, async () => {
      const response = await shared().requestToken(realm, { ...tokenRequest(clients[realm]), ...parameters })
      assert.equal(response.statusCode, status)
      const { error: name, error_description: description, error_uri: uri, ...rest } = response.json()
      assert.deepEqual([name, uri, rest], [error, `http://localhost:8080/problems/${page}`, {}])
      assert.ok(description.length > 20)
      assert.equal(response.headers['cache-control'], 'no-store')
      assert.equal(response.headers['pragma'], 'no-cache')
      assert.match(String(response.headers['content-type']), /^application\/json/)
      assert.equal(response.headers['www-authenticate'] !== undefined, status === 401)
    })
  }

  test('every error carries its request id, and the audit log has the denial with its reason', async () => {
    const { requestToken, request, aClient, auditEvents, realms } = shared()
    const client = await aClient('prod')
    const { statusCode, headers } = await requestToken('prod', tokenRequest({ ...client, clientSecret: 'x' }))
    const event = (await auditEvents()).find(({ request_id: id }) => id === headers['x-request-id'])
    assert.deepEqual([statusCode, event?.reason], [401, 'secret-mistyped'])
    const url = realms.get('prod')!.tokenPath
    const others = [{ url }, { url: '/nowhere/token', method: 'POST' }, { url, method: 'POST', payload: 'x' }] as const
    for (const other of others)
      assert.match(String((await request(other)).headers['x-request-id']), /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/)
  })

  test('every page that an error links to exists', async () => {
    for (const [, , , , , page] of denials) assert.equal((await shared().request({ url: `/problems/${page}` })).statusCode, 200)
  })

  test('abuse 019: username and password are ignored where no seed document forbids them, and are stored nowhere', async () => {
    const { aClient, requestToken, auditEvents, log } = shared()
    const response = await requestToken('prod', {
      ...tokenRequest(await aClient('prod')),
      username: 'canary-user',
      password: 'canary-word',
    })
    assert.equal(response.statusCode, 200)
    assert.ok(!(JSON.stringify(await auditEvents()) + log.join('')).includes('canary'))
  })

  test('abuse 019: the error states the rule and does not echo the username', async () => {
    const { aClient, requestToken } = shared()
    const response = await requestToken('nt24-idp', { ...tokenRequest(await aClient('nt24-idp')), username: 'canary' })
    assert.match(response.json().error_description, /username and password are not allowed in this request/)
    assert.ok(!response.body.includes('canary'))
  })

  test('a token request to an unknown realm gets an error that says to verify the realm', async () => {
    const { request } = shared()
    const response = await request({ method: 'POST', url: '/realms/nt24/protocol/openid-connect/token' })
    assert.equal(response.statusCode, 404)
    assert.match(response.json().error_description, /Verify the realm in the token URL/)
  })

  test('every denial is audited with a reason that is not in the response', async () => {
    const { aClient, tokenOf, requestToken, auditEvents } = shared()
    const client = await aClient('prod')
    for (let i = 0; i < 2; i++) await tokenOf('prod', client) // One request per node (there may be two), so that the client is cached on each.
    const response = await requestToken('prod', { ...tokenRequest(client), client_secret: 'x' })
    const event = (await auditEvents()).find(({ request_id: id }) => id === response.headers['x-request-id'])
    assert.equal(event?.outcome, 'refused')
    assert.equal(event.reason, 'secret-mistyped')
    assert.equal(event.client_id, client.clientId)
    assert.ok(!response.body.includes('mistyped'))
  })
})
