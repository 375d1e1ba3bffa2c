// RFC 8707 §2: tokens are for the audience of their realm; a client may name it, and can choose no other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basic, clientOf, postForm, readJson, requestToken, systemNames, systemOf } from './target.fixture.ts'

for (const name of systemNames) {
  test(`RFC 8707 §2: ${name} refuses a resource that it does not know`, async () => {
    const response = await requestToken(name, { resource: 'https://elsewhere.example/api' })
    assert.equal(response.status, 400)
    assert.equal((await readJson(response))['error'], 'invalid_target')
  })
}

for (const resource of ['not a URI', 'https://elsewhere.example/api#part']) {
  test(`RFC 8707 §2: "${resource}" is no resource`, async () => {
    assert.equal((await readJson(await requestToken('partner-api', { resource })))['error'], 'invalid_target')
  })
}

test('RFC 8707 §2: more than one resource is more than the server is willing to put into a token', async () => {
  const form: [string, string][] = [
    ['grant_type', 'client_credentials'],
    ['resource', 'partner-api'],
    ['resource', 'https://elsewhere.example/api'],
  ]
  const response = await postForm(systemOf('partner-api').tokenUrl, form, { authorization: basic(clientOf('partner-api')) })
  assert.equal(response.status, 400)
  assert.equal((await readJson(response))['error'], 'invalid_target')
})

test('RFC 8707 §2: the audience of the realm may be named', async () => {
  assert.equal((await requestToken('partner-api', { resource: 'partner-api' })).status, 200)
})
