import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { oauthErrorDocument, type OAuthProblemCode } from './oauth-errors.ts'
import { problems } from './problems.ts'
import { anyText } from './text.fixture.ts'

const descriptionGrammar = /^[\x20-\x21\x23-\x5B\x5D-\x7E]*$/ // RFC 6749 §5.2
const oauthCodes = Object.entries(problems).flatMap(([code, { surface }]) => (surface === 'oauth' ? [code as OAuthProblemCode] : []))

test('the document has the error, a remedy and the page of the problem', () => {
  assert.deepEqual(oauthErrorDocument('https://auth.example', 'user-credentials-sent'), {
    error: 'invalid_grant',
    error_description:
      'username and password are not allowed in this request. Do not include username or password. Only the client authenticates.',
    error_uri: 'https://auth.example/problems/user-credentials-sent',
  })
})

test('a realm may override the error; the page stays', () => {
  const { error, error_uri } = oauthErrorDocument('https://auth.example', 'wrong-grant-type', { error: 'invalid_grant' })
  assert.deepEqual([error, error_uri], ['invalid_grant', 'https://auth.example/problems/wrong-grant-type'])
})

test('a specific description replaces the default one', () => {
  const { error_description } = oauthErrorDocument('https://auth.example', 'malformed-token-request', {
    description: 'grant_type is missing',
  })
  assert.equal(error_description, 'grant_type is missing')
})

for (const code of oauthCodes) {
  test(`RFC 6749 §5.2: "${code}" has an error and a description of the allowed characters`, () => {
    const { error, error_description } = oauthErrorDocument('https://auth.example', code)
    assert.match(error, /^[a-z_]+$/)
    assert.match(error_description, descriptionGrammar)
    assert.ok(error_description.length > problems[code].title.length + '. '.length)
  })
}

test('RFC 6749 §5.2: a description of any characters is sent in the allowed ones', () => {
  fc.assert(
    fc.property(anyText, (description) =>
      assert.match(oauthErrorDocument('https://auth.example', 'invalid-client', { description }).error_description, descriptionGrammar),
    ),
  )
})

test('double quotes in a description are replaced by single quotes', () => {
  const { error_description } = oauthErrorDocument('https://auth.example', 'invalid-scope', { description: 'Expected "a b"' })
  assert.equal(error_description, "Expected 'a b'")
})
