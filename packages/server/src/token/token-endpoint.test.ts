import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../test-server.fixture.ts'

test('a client gets a token for its credentials', async () => {
  const { aClient, requestToken } = await startTestServer()
  const { clientId, clientSecret } = await aClient('nt24-idp')
  const response = await requestToken('nt24-idp', { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret })
  assert.equal(response.statusCode, 200)
  const { access_token: token, ...rest } = response.json()
  assert.deepEqual(rest, { expires_in: 300, refresh_expires_in: 0, token_type: 'Bearer', 'not-before-policy': 0, scope: 'profile email' })
  assert.equal(token.split('.').length, 3)
})
