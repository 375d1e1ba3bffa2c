import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError, ProblemError, type AuthenticationFailure } from '../errors.ts'
import { toOwnSecretError } from './own-secret-error.ts'

const remedyFor = (reason: AuthenticationFailure) => {
  const error = toOwnSecretError(new OAuthError('invalid-client', { reason }))
  assert.ok(error instanceof ProblemError)
  assert.equal(error.details.headers?.['www-authenticate']?.split(' ')[0], 'Basic')
  return error.details.remedy ?? ''
}

for (const reason of ['no-credentials', 'bearer-token'] as const) {
  test(`fault 1.1: the error for ${reason} says that a secret is changed with a secret, and how to send it`, () => {
    assert.match(remedyFor(reason), /only with proof of a secret: send client_id and client_secret as "Authorization: Basic"/)
  })
}

test('wrong and unknown credentials get one remedy, which tells nothing about the client', () => {
  const reasons = ['unknown-client', 'wrong-secret', 'expired-secret', 'client-disabled', 'method-not-registered'] as const
  assert.equal(new Set(reasons.map(remedyFor)).size, 1)
})
