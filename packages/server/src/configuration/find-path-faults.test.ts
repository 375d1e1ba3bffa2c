import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationError, parseConfiguration } from './configuration.ts'

const aRealm = (name: string, settings: Record<string, unknown> = {}) => ({
  [name]: { issuer: `/realms/${name}`, tokenEndpoint: `/realms/${name}/token`, audience: 'a', ...settings },
})
const configurationOf = (...realms: object[]) => parseConfiguration(JSON.stringify({ realms: Object.assign({}, ...realms) as object }), '/')

const accepted = {
  'a path': ['/realms/one', 'http://localhost:8080', '/realms/one'],
  'an https URL': ['https://auth.example.com/realms/one', 'https://auth.example.com', '/realms/one'],
  'an https URL with a port': ['https://auth.example.com:8443/one', 'https://auth.example.com:8443', '/one'],
  'an https URL without a path': ['https://auth.example.com', 'https://auth.example.com', ''],
  'an http URL on loopback': ['http://127.0.0.1:8080/one', 'http://127.0.0.1:8080', '/one'],
  'an http URL on loopback by IPv6': ['http://[::1]:8080/one', 'http://[::1]:8080', '/one'],
} as const
for (const [what, [issuer, origin, path]] of Object.entries(accepted)) {
  test(`the issuer may be ${what}; the token endpoint is at its origin`, () => {
    const realm = configurationOf(aRealm('one', { issuer })).realms.get('one')!
    assert.deepEqual([realm.issuer, realm.origin, realm.issuerPath], [origin + path, origin, path])
    assert.equal(realm.tokenUrl, `${origin}/realms/one/token`)
  })
}

const refused = {
  'https://auth.example.com/realms/one/': 'a path such as "/realms/nt24-idp", or a URL',
  'https://auth.example.com/': 'a path such as "/realms/nt24-idp", or a URL',
  'https://auth.example.com/one?x=y': 'a path such as "/realms/nt24-idp", or a URL',
  'https://auth.example.com/one#x': 'a path such as "/realms/nt24-idp", or a URL',
  'https://user:pw@auth.example.com/one': 'a path such as "/realms/nt24-idp", or a URL',
  'https://auth.example.com/a//b': 'a path such as "/realms/nt24-idp", or a URL',
  'https://auth.example.com/%61': 'a path such as "/realms/nt24-idp", or a URL',
  'ftp://auth.example.com/one': 'a path such as "/realms/nt24-idp", or a URL',
  'https://:443/one': 'a path such as "/realms/nt24-idp", or a URL',
  'https://auth.example.com/a/../b': 'a path without "." and ".."',
  '/a/../b': 'a path without "." and ".."',
  '/..': 'a path without "." and ".."',
  'http://auth.example.com/one': 'an https URL (http only on loopback)',
  'http://127.0.0.1.example.com/one': 'an https URL (http only on loopback)',
  'https://auth.example.com:443/one': 'the URL as programs write it, beginning with "https://auth.example.com"',
  'https://Auth.example.com/one': 'the URL as programs write it, beginning with "https://auth.example.com"',
  'https://0x7f.1/one': 'the URL as programs write it, beginning with "https://127.0.0.1"',
} as const
for (const [issuer, expected] of Object.entries(refused)) {
  test(`the issuer "${issuer}" is refused: expected ${expected}`, () => {
    assert.ok(faultsOf(aRealm('one', { issuer })).includes(`realms.one.issuer: expected ${expected}`))
  })
}

test('an alias has the token endpoint of the realm below its own path', () => {
  const issuer = 'https://auth.example.com/realms/one'
  const { addresses } = configurationOf(aRealm('one', { issuer, aliases: ['/auth/realms/one'] })).realms.get('one')!
  assert.deepEqual(
    addresses.map(({ url, tokenUrl }) => [url, tokenUrl]),
    [
      [issuer, `${issuer}/token`],
      ['https://auth.example.com/auth/realms/one', 'https://auth.example.com/auth/realms/one/token'],
    ],
  )
})

test('a realm at the root may have aliases, and others may have aliases beside it', () => {
  const { realms } = configurationOf(
    aRealm('one', { issuer: '/', tokenEndpoint: '/t', aliases: ['/a'] }),
    aRealm('two', { aliases: ['/b'] }),
  )
  assert.equal(realms.get('one')!.addresses[1]!.tokenPath, '/a/t')
})

const two = aRealm('two', { aliases: ['/auth/realms/two'] })
const collisions: Record<string, readonly [object[], string]> = {
  'the path of another issuer': [
    [aRealm('one', { aliases: ['/realms/two'] }), two],
    'realms.one.aliases.0: expected a path of its own; "realms.two.issuer" has it already',
  ],
  'its own issuer': [
    [aRealm('one', { aliases: ['/realms/one'] })],
    'realms.one.aliases.0: expected a path of its own; "realms.one.issuer" has it already',
  ],
  'a token endpoint': [
    [aRealm('one', { aliases: ['/realms/two/token'] }), two],
    'realms.one.aliases.0: expected a path of its own; "realms.two.tokenEndpoint" has it',
  ],
  'a document of another realm': [
    [aRealm('one', { aliases: ['/realms/two/v1/me'] }), two],
    'realms.one.aliases.0: expected another path, because the realm "two" has',
  ],
  'a document at the alias of another realm': [
    [aRealm('one', { tokenEndpoint: '/auth/realms/two/v1/me' }), two],
    'realms.one.tokenEndpoint: expected another path, because the realm "two" has another endpoint there',
  ],
  'the token endpoint at the alias of another realm': [
    [aRealm('one', { tokenEndpoint: '/auth/realms/two/token' }), two],
    'realms.one.tokenEndpoint: expected another path, because the realm "two" has',
  ],
  'another alias': [
    [aRealm('one', { aliases: ['/x', '/x'] })],
    'realms.one.aliases.1: expected a path of its own; "realms.one.aliases.0" has it already',
  ],
  'the alias of another realm': [
    [aRealm('one', { aliases: ['/auth/realms/two'] }), two],
    'realms.two.aliases.0: expected a path of its own; "realms.one.aliases.0" has it already',
  ],
  'a path below another alias': [
    [aRealm('one', { aliases: ['/auth/realms/two/x'] }), two],
    'realms.two.aliases.0: expected a path without another one below it; "/auth/realms/two/x" is below it',
  ],
  'a path below another issuer': [
    [aRealm('one', { aliases: ['/realms/two/x'] }), two],
    'realms.one.aliases.0: expected a path that is not below "/realms/two", which "realms.two.issuer" has',
  ],
  'a path below its own issuer': [
    [aRealm('one', { aliases: ['/realms/one/x'] })],
    'realms.one.aliases.0: expected a path that is not below "/realms/one"',
  ],
  'a path above another issuer': [
    [aRealm('one', { issuer: '/o', tokenEndpoint: '/o/t', aliases: ['/x'] }), aRealm('three', { issuer: '/x/y' })],
    'realms.one.aliases.0: expected a path without another one below it; "/x/y" is below it',
  ],
  'a path above those of the operators': [
    [aRealm('one', { issuer: '/o', tokenEndpoint: '/o/t', aliases: ['/realms'] })],
    'realms.one.aliases.0: expected a path without another one below it; "/realms/operators"',
  ],
  'the admin API': [
    [aRealm('one', { aliases: ['/admin/v1'] })],
    'realms.one.aliases.0: expected another path, because the server itself uses "/admin"',
  ],
  'the problem pages': [
    [aRealm('one', { aliases: ['/problems'] })],
    'realms.one.aliases.0: expected another path, because the server itself uses "/problems"',
  ],
  'the root': [[aRealm('one', { aliases: ['/'] })], 'realms.one.aliases.0: expected a path such as'],
  'a URL': [[aRealm('one', { aliases: ['https://auth.example.com/x'] })], 'realms.one.aliases.0: expected a path such as'],
  'a path with ".."': [[aRealm('one', { aliases: ['/x/..'] })], 'realms.one.aliases.0: expected a path without "." and ".."'],
}
for (const [what, [realms, expected]] of Object.entries(collisions)) {
  test(`an alias cannot be ${what}`, () => {
    const found = faultsOf(...realms)
    assert.ok(found.includes(expected), found)
  })
}

test('a token endpoint outside of the issuer cannot have aliases', () => {
  assert.match(
    faultsOf(aRealm('one', { tokenEndpoint: '/token', aliases: ['/x'] })),
    /realms\.one\.aliases: expected no aliases, because "tokenEndpoint"/,
  )
})

test('two realms at two hosts need two paths, because the host of a request does not tell them apart', () => {
  const hosts = ['one', 'two'].map((host) => aRealm(host, { issuer: `https://${host}.example.com/realm`, tokenEndpoint: `/${host}/token` }))
  assert.match(
    faultsOf(...hosts),
    /realms\.two\.issuer: expected a path of its own; "realms\.one\.issuer" has it already; realms at different hosts need different paths, too/,
  )
})

function faultsOf(...realms: object[]): string {
  try {
    configurationOf(...realms)
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error))
    return error.message
  }
  return ''
}
