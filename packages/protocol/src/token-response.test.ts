import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { defaultLifetimeSeconds, maxLifetimeSeconds, parseTokenResponse, TokenResponseSyntaxError } from './token-response.ts'

const response = { access_token: 'eyJhbGc.e30.c2ln', token_type: 'Bearer', expires_in: 300 }

test('a response is parsed into token, lifetime and scope', () => {
  assert.deepEqual(parseTokenResponse({ ...response, scope: 'profile email' }), {
    accessToken: 'eyJhbGc.e30.c2ln',
    expiresInSeconds: 300,
    scope: 'profile email',
  })
})

test('a response without a scope has none, one with an empty scope has an empty one', () => {
  assert.ok(!('scope' in parseTokenResponse(response)))
  assert.equal(parseTokenResponse({ ...response, scope: '' }).scope, '')
})

test('the token type is case-insensitive', () => {
  assert.equal(parseTokenResponse({ ...response, token_type: 'bearer' }).accessToken, 'eyJhbGc.e30.c2ln')
})

test('arbitrary values are parsed or rejected with a TokenResponseSyntaxError', () => {
  const nearlyResponse = fc.record(
    { access_token: fc.oneof(fc.string(), fc.anything()), token_type: fc.constantFrom('Bearer', 'DPoP', null), expires_in: fc.anything() },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(nearlyResponse, fc.anything()), (body) => {
      try {
        parseTokenResponse(body)
      } catch (error) {
        assert.ok(error instanceof TokenResponseSyntaxError, String(error))
      }
    }),
  )
})

test('a lifetime is a whole number of seconds between one second and one day, for any input', () => {
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.anything()), (expires_in) => {
      const { expiresInSeconds } = parseTokenResponse({ ...response, expires_in })
      assert.ok(Number.isInteger(expiresInSeconds) && expiresInSeconds >= 1 && expiresInSeconds <= maxLifetimeSeconds)
    }),
  )
})

const lifetimes: [expiresIn: unknown, seconds: number][] = [
  [3600, 3600],
  ['3600', 3600],
  [299.9, 299],
  [1e12, maxLifetimeSeconds],
  ['1000000000000', maxLifetimeSeconds],
  [undefined, defaultLifetimeSeconds],
  [null, defaultLifetimeSeconds],
  [0, defaultLifetimeSeconds],
  ['0', defaultLifetimeSeconds],
  [0.5, defaultLifetimeSeconds],
  [-300, defaultLifetimeSeconds],
  [Number.NaN, defaultLifetimeSeconds],
  [JSON.parse('1e400'), defaultLifetimeSeconds],
  ['5m', defaultLifetimeSeconds],
  [' 300', defaultLifetimeSeconds],
  [[300], defaultLifetimeSeconds],
]
for (const [expiresIn, seconds] of lifetimes) {
  test(`abuse 245: an expires_in of ${typeof expiresIn} ${String(expiresIn)} is read as ${seconds} seconds`, () => {
    assert.equal(parseTokenResponse({ ...response, expires_in: expiresIn }).expiresInSeconds, seconds)
  })
}

const unusable: Record<string, unknown> = {
  'a page of a captive portal': '<html>',
  nothing: undefined,
  null: null,
  'a list': [response],
  'an error': { error: 'invalid_client' },
  'a token that is a number': { ...response, access_token: 7 },
  'an empty token': { ...response, access_token: '' },
  'a token with a newline': { ...response, access_token: 'eyJ\r\nX-Injected: 1' },
  'a token with a space': { ...response, access_token: 'eyJ hbGc' },
  'no token type': { ...response, token_type: undefined },
  'another token type': { ...response, token_type: 'mac' },
  'a sender-constrained token': { ...response, token_type: 'DPoP' },
}
for (const [what, body] of Object.entries(unusable)) {
  test(`abuse 252: ${what} is rejected`, () => {
    assert.throws(() => parseTokenResponse(body), TokenResponseSyntaxError)
  })
}

test('the error does not repeat the token', () => {
  assert.throws(
    () => parseTokenResponse({ ...response, access_token: 'confidential token' }),
    (error: Error) => !error.message.includes('confidential'),
  )
})
