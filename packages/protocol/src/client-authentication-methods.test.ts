import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAuthenticationMethodNames, clientAuthenticationMethods, secretMethods } from './client-authentication-methods.ts'

test('RFC 6749 §2.3.1: a secret is presented in the Authorization header or in the body', () => {
  assert.deepEqual(secretMethods, { header: 'client_secret_basic', body: 'client_secret_post' })
})

test('no method lets a client in without credentials', () => {
  assert.deepEqual(clientAuthenticationMethodNames, Object.keys(clientAuthenticationMethods))
  assert.ok(!clientAuthenticationMethodNames.some((name) => /^none$/i.test(name)))
})
