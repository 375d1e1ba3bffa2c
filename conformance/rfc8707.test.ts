// RFC 8707 §2: tokens are for the audience of their realm; a client may name this audience and no other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { basic, clientOf, postForm, readJson, requestToken, systemNames, systemOf } from './target.fixture.ts'

for (const name of systemNames) {
  test(`RFC 8707 §2: ${name} rejects an unknown resource`, async () => {
    const response = await requestToken(name, { resource: 'https://elsewhere.example/api' })
    assert.equal(response.status, 400)
    assert.equal((await readJson(response))['error'], 'invalid_target')
  })
}

for (const resource of ['not a URI', 'https://elsewhere.example/api#part']) {
  test(`RFC 8707 §2: "${resource}" is not a valid resource`, async () => {
    assert.equal((await readJson(await requestToken('partner-api', { resource })))['error'], 'invalid_target')
  })
}

test('RFC 8707 §2: more than one resource is rejected', async () => {
  const form: [string, string][] = [
    ['grant_type', 'client_credentials'],
    ['resource', 'partner-api'],
    ['resource', 'https://elsewhere.example/api'],
  ]
  const response = await postForm(systemOf('partner-api').tokenUrl, form, { authorization: basic(clientOf('partner-api')) })
  assert.equal(response.status, 400)
  assert.equal((await readJson(response))['error'], 'invalid_target')
})

test('RFC 8707 §2: the audience of the realm is accepted as a resource', async () => {
  assert.equal((await requestToken('partner-api', { resource: 'partner-api' })).status, 200)
})
