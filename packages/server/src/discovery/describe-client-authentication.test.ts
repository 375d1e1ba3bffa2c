import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeClientAuthentication } from './describe-client-authentication.ts'

const bySecret = { credentialsIn: 'header', credentialKind: 'client_secret', description: '' } as const
const endpoints = ['token', 'introspection', 'revocation']

test('RFC 8414 §2: methods without a signature have no signing algorithms', () => {
  assert.deepEqual(
    describeClientAuthentication({ basic: bySecret }),
    Object.fromEntries(endpoints.map((endpoint) => [`${endpoint}_endpoint_auth_methods_supported`, ['basic']])),
  )
})

test('RFC 8414 §2: metadata names every algorithm of a signed method once, for each endpoint', () => {
  const metadata = describeClientAuthentication({
    basic: bySecret,
    one: { ...bySecret, signingAlgorithms: ['ES256', 'RS256'] },
    another: { ...bySecret, signingAlgorithms: ['ES256'] },
  })
  for (const endpoint of endpoints) {
    assert.deepEqual(metadata[`${endpoint}_endpoint_auth_methods_supported`], ['basic', 'one', 'another'])
    assert.deepEqual(metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`], ['ES256', 'RS256'])
  }
})
