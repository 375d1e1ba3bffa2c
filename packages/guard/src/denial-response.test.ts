import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBearerChallenge } from '@countersign/protocol'
import { deny } from './access.ts'
import { denialResponse } from './denial-response.ts'

const guard = { realm: 'nt24-idp', publicUrl: 'https://auth.example.com' }

// The decision table.
const table = [
  ['missing-token', 401, null],
  ['malformed-authorization', 401, 'invalid_request'],
  ['several-tokens', 400, 'invalid_request'],
  ['invalid-token', 401, 'invalid_token'],
  ['expired-token', 401, 'invalid_token'],
  ['organization-suspended', 403, undefined],
  ['dpa-missing', 403, undefined],
  ['dpa-outdated', 403, undefined],
  ['insufficient-scope', 403, 'insufficient_scope'],
  ['partner-not-authorized', 403, undefined],
  ['capability-missing', 403, undefined],
  ['requestor-id-missing', 400, undefined],
  ['requestor-id-malformed', 400, undefined],
  ['requestor-unknown', 403, undefined],
  ['requestor-not-permitted', 403, undefined],
  ['rate-limited', 429, undefined],
  ['temporarily-unavailable', 503, undefined],
] as const

for (const [code, status, error] of table) {
  const challenge = error === undefined ? 'no challenge' : error === null ? 'a bare challenge' : `the challenge "${error}"`
  test(`${code} is answered with ${status} and ${challenge}`, () => {
    const response = denialResponse(guard, { ...deny(code), requestId: 'request-1' })
    assert.equal(response.status, status)
    assert.equal(response.headers['content-type'], 'application/problem+json')
    assert.equal(response.headers['cache-control'], 'no-store')
    assert.equal(response.headers['x-request-id'], 'request-1')
    const found = parseBearerChallenge(response.headers['www-authenticate'])
    assert.equal(found?.realm, error === undefined ? undefined : 'nt24-idp')
    assert.equal(found?.error, error ?? undefined)
    const body = JSON.parse(response.body) as Record<string, unknown>
    assert.equal(body['type'], `https://auth.example.com/problems/${code}`)
    assert.equal(body['status'], status)
    assert.equal(body['instance'], 'urn:request:request-1')
  })
}

test('a request without credentials gets a challenge with only the realm (RFC 6750 §3.1)', () => {
  const { headers } = denialResponse(guard, { ...deny('missing-token'), requestId: 'request-1' })
  assert.equal(headers['www-authenticate'], 'Bearer realm="nt24-idp"')
})

test('the challenge for scope names the required scope', () => {
  const { headers } = denialResponse(guard, { ...deny('insufficient-scope', { scope: 'orders:read admin' }), requestId: 'request-1' })
  assert.equal(parseBearerChallenge(headers['www-authenticate'])?.scope, 'orders:read admin')
})

test('429 has the time of the next attempt and the limit', () => {
  const rate = { tier: 'standard', limit: 100, windowSeconds: 1, remaining: 0, resetSeconds: 1, retryAfterSeconds: 2 }
  const { headers } = denialResponse(guard, { ...deny('rate-limited', { rate, retryAfterSeconds: 2 }), requestId: 'request-1' })
  assert.equal(headers['retry-after'], '2')
  assert.equal(headers['ratelimit-policy'], '"standard";q=100;w=1')
  assert.equal(headers['ratelimit'], '"standard";r=0;t=1')
})

test('detail and remedy of the denial replace those of the catalogue; its cause is not sent', () => {
  const denial = deny('invalid-token', { detail: 'The detail.', remedy: 'The remedy.', cause: new Error('inside') })
  const { body } = denialResponse(guard, { ...denial, requestId: 'request-1' })
  const { detail, remedy } = JSON.parse(body) as Record<string, unknown>
  assert.deepEqual({ detail, remedy }, { detail: 'The detail.', remedy: 'The remedy.' })
  assert.doesNotMatch(body, /inside/)
})
