import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differencesOf, type Answer } from './compare-answers.ts'
import { decisions } from './decisions.ts'

function answer(claims: Record<string, unknown> = {}, body: Record<string, unknown> = {}): Answer {
  return { status: 200, body, token: { header: { alg: 'RS256' }, claims: { iat: 1000, exp: 1300, ...claims } } }
}

test('order, instants and identifiers make no difference', () => {
  const theirs = answer({ jti: 'a', scope: 'a b', realm_access: { roles: ['x', 'y'] } }, { access_token: 'theirs', scope: 'a b' })
  const ours = answer(
    { jti: 'b', iat: 2000, exp: 2300, scope: 'b a', realm_access: { roles: ['y', 'x'] } },
    { scope: 'b a', access_token: 'ours' },
  )
  assert.deepEqual(differencesOf(theirs, ours), [])
})

test('a list is not a text, a missing claim not an empty one, and a longer token another one', () => {
  const differences = differencesOf(answer({ aud: 'account', groups: [] }), answer({ aud: ['account'], exp: 1301 }))
  assert.deepEqual(differences, [
    { field: 'claims.aud', theirs: 'account', ours: ['account'] },
    { field: 'claims.groups', theirs: [], ours: undefined },
    { field: 'lifetime', theirs: 300, ours: 301 },
  ])
})

test('of answers with different status, only the outcome is told', () => {
  const refused: Answer = { status: 401, body: { error: 'invalid_client' }, token: undefined }
  assert.deepEqual(differencesOf(answer(), refused), [{ field: 'status', theirs: '200', ours: '401 invalid_client' }])
  assert.deepEqual(differencesOf({ ...refused, body: { error: 'unauthorized_client' } }, refused), [
    { field: 'error', theirs: 'unauthorized_client', ours: 'invalid_client' },
  ])
})

test('there are at most 15 decisions', () => {
  assert.ok(decisions.length <= 15)
})
