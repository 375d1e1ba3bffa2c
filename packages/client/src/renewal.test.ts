import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBearerChallenge } from '@countersign/protocol'
import { decideRenewal, isRepeatable } from './renewal.ts'

const invalidToken = formatBearerChallenge({ realm: 'api', error: 'invalid_token' })
const decisions: [status: number, wwwAuthenticate: string | null, tokenAgeSeconds: number | undefined, decision: 'renew' | 'keep'][] = [
  [401, invalidToken, 0, 'renew'],
  [401, invalidToken, undefined, 'renew'],
  [401, `Basic realm="proxy", ${invalidToken}`, 1, 'renew'],
  [401, 'Bearer error="invalid_request"', 200, 'keep'],
  [401, 'Bearer error="insufficient_scope", scope="orders"', 200, 'keep'],
  [401, 'Bearer realm="api"', 30, 'keep'],
  [401, 'Bearer realm="api"', 31, 'renew'],
  [401, null, 5, 'keep'],
  [401, null, 200, 'renew'],
  [401, 'Basic realm="proxy"', 5, 'keep'],
  [403, invalidToken, 200, 'keep'],
  [403, 'Bearer error="insufficient_scope"', 200, 'keep'],
  [200, invalidToken, 200, 'keep'],
  [503, null, 200, 'keep'],
]
for (const [status, wwwAuthenticate, tokenAgeSeconds, decision] of decisions)
  test(`${status} with ${wwwAuthenticate ?? 'no challenge'} to a token of age ${tokenAgeSeconds} s: ${decision}`, () => {
    assert.equal(decideRenewal({ status, wwwAuthenticate, tokenAgeSeconds }), decision)
  })

test('a body that can be read again is repeatable', () => {
  const bodies = [
    undefined,
    null,
    '',
    '{}',
    new URLSearchParams('a=1'),
    new Uint8Array(1),
    new ArrayBuffer(1),
    new Blob(['a']),
    new FormData(),
  ]
  for (const body of [...bodies, { plain: 'object, which axios turns into JSON' }]) assert.equal(isRepeatable(body), true)
})

test('a body that can be read only once is not repeatable', () => {
  async function* generate() {
    yield 'chunk'
  }
  for (const body of [new ReadableStream(), generate(), [].values(), { pipe: () => {} }, () => {}]) assert.equal(isRepeatable(body), false)
})
