import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationError, parseConfiguration } from './configuration.ts'

const oidc = {
  name: 'Acme SSO',
  issuer: 'https://login.example/realms/staff',
  clientId: 'console',
  clientSecret: 'file:secret',
  roles: { admins: 'all' },
}
// JSON is YAML.
const parse = (signIn: object) =>
  parseConfiguration(
    `console: ${JSON.stringify({ signIn })}\nrealms: { alpha: { issuer: /a, tokenEndpoint: /a/token, audience: alpha } }`,
    '/etc/countersign',
  )

function faultOf(more: object, signIn: object = {}): string {
  try {
    parse({ oidc: { ...oidc, ...more }, ...signIn })
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  return ''
}

test('operators sign in by secrets unless the configuration says otherwise', () => {
  assert.deepEqual(parse({}).console?.signIn, { operatorSecret: true })
})

test('an identity provider has the usual claim and scopes, and its secret is beside the configuration', () => {
  const found = parse({ operatorSecret: false, oidc }).console?.signIn
  assert.deepEqual(found, {
    operatorSecret: false,
    oidc: { ...oidc, clientSecret: 'file:/etc/countersign/secret', claim: 'groups', scopes: ['profile', 'email'] },
  })
})

test('a role is a word, a list of scopes, or scopes in realms', () => {
  const roles = {
    a: 'owner',
    b: 'all',
    c: ['audit:read'],
    d: { scopes: 'all', realms: ['alpha'] },
    e: { scopes: ['keys:read'], realms: ['alpha'] },
  }
  assert.equal(faultOf({ roles }), '')
})

for (const [what, more, expected] of [
  ['an issuer without TLS', { issuer: 'http://login.example' }, /oidc\.issuer: expected an https URL/],
  ['an issuer with a query', { issuer: 'https://login.example/?a=b' }, /oidc\.issuer: expected an https URL/],
  ['an issuer with a password', { issuer: 'https://a:b@login.example' }, /oidc\.issuer: expected an https URL/],
  ['a secret in the file itself', { clientSecret: 'a-secret' }, /oidc\.clientSecret: expected "file:" and a path/],
  ['no groups', { roles: {} }, /oidc\.roles: expected at least one group/],
  ['an unknown scope', { roles: { a: ['everything'] } }, /oidc\.roles\.a: expected "owner", "all", a list of scopes/],
  ['no scope', { roles: { a: [] } }, /oidc\.roles\.a: expected at least 1/],
  ['an unknown word', { roles: { a: 'admin' } }, /oidc\.roles\.a: expected "owner"/],
  ['an owner of one realm', { roles: { a: { scopes: 'owner', realms: ['alpha'] } } }, /oidc\.roles\.a: expected "owner"/],
  [
    'an unknown realm',
    { roles: { a: { scopes: 'all', realms: ['beta'] } } },
    /oidc\.roles\.a\.realms: expected realms of this configuration, and "beta" is none/,
  ],
  ['a scope with a blank', { scopes: ['a b'] }, /oidc\.scopes\.0: expected a scope/],
  ['a name that cannot be seen', { name: '\u200b' }, /oidc\.name: expected not only blanks/],
  ['another setting', { secret: 'x' }, /oidc\.secret: expected no such setting/],
] as const) {
  test(`abuse 156: an identity provider with ${what} is refused`, () => {
    assert.match(faultOf(more), expected)
  })
}

test('http is enough for an identity provider on this machine', () => {
  for (const issuer of ['http://localhost:8081/realms/staff', 'http://127.0.0.1:8081', 'http://[::1]:8081'])
    assert.equal(faultOf({ issuer }), '')
})

test('abuse 156: a console that no operator can sign in to is refused', () => {
  assert.throws(
    () => parse({ operatorSecret: false }),
    /console\.signIn\.operatorSecret: expected true, because no other way to sign in is configured/,
  )
})
