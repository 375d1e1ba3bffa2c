import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { seedRealms } from '../../test/test-server.fixture.ts'
import { ConfigurationError, loadConfiguration, parseConfiguration } from './configuration.ts'

const parse = (text: string) => parseConfiguration(text, '/etc/countersign')
const oneRealm = (settings: string) => `realms: { one: { issuer: /one, tokenEndpoint: /one/token, audience: one, ${settings} } }`

function faultsOf(text: string): string {
  try {
    parse(text)
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error))
    return error.message
  }
  return ''
}

test('the realms of the seeds are a valid configuration, completed with defaults and URLs', () => {
  const configuration = parse(`realms:${seedRealms}`)
  const realm = configuration.realms.get('nt24-idp')!
  assert.deepEqual([...configuration.realms.keys()], ['nt24-idp', 'prod', 'partner-api', 'nxtsoft'])
  assert.equal(configuration.listen, '127.0.0.1:8080')
  assert.equal(realm.issuer, 'http://localhost:8080/realms/nt24-idp')
  assert.equal(realm.tokenUrl, 'http://localhost:8080/realms/nt24-idp/protocol/openid-connect/token')
  assert.equal(realm.accessTokenLifetime, 300)
  assert.equal(configuration.realms.get('nxtsoft')!.issuer, 'http://localhost:8080')
})

test('relative paths are relative to the folder of the file', () => {
  const { store, secretPepper } = parse('store: sqlite:data/store.db\nsecretPepper: file:pepper\nrealms: {}')
  assert.deepEqual([store, secretPepper], ['sqlite:/etc/countersign/data/store.db', 'file:/etc/countersign/pepper'])
})

test('paths of certificate files are relative to the folder of the file too', () => {
  const { tls } = parse('publicUrl: https://auth.example.com\ntls: { certificate: tls/cert.pem, key: /run/key.pem }\nrealms: {}')
  assert.deepEqual(tls, { certificate: '/etc/countersign/tls/cert.pem', key: '/run/key.pem' })
})

test('the store can be PostgreSQL, and its URL can be in an environment variable', () => {
  for (const store of ['postgres://countersign@db/countersign', 'postgresql://db/countersign?sslmode=verify-full', 'env:DATABASE_URL']) {
    assert.equal(parse(`store: ${store}\nrealms: {}`).store, store)
  }
})

test('an in-memory store and a key in the environment are not resolved as paths', () => {
  const { store, secretPepper } = parse('store: "sqlite::memory:"\nsecretPepper: env:PEPPER\nrealms: {}')
  assert.deepEqual([store, secretPepper], ['sqlite::memory:', 'env:PEPPER'])
})

test('an error message never contains the password of a URL', () => {
  for (const store of ['mysql://countersign:hunter2@db/x', 'postgres:/countersign:hunter2@db', 'postgresql//u:hunter2@db', 'hunter2@db']) {
    assert.throws(
      () => parse(`realms: {}\nstore: "${store}"`),
      (error: Error) => /store: expected "sqlite:" and a file/.test(error.message) && !error.message.includes('hunter2'),
    )
  }
})

test('fault 7.12: a configuration in UTF-16 is named, and no error repeats the whole file', () => {
  const message = (text: string) => {
    try {
      parse(text)
    } catch (error) {
      return (error as Error).message
    }
    return ''
  }
  assert.equal(message(Buffer.from('\uFEFFrealms: {}', 'utf16le').toString()), '"countersign.yaml" is in UTF-16; expected UTF-8')
  assert.equal(
    message(`${'word '.repeat(40)}end`),
    `"countersign.yaml" is not a usable configuration:\n  (the whole file): expected a mapping, found "${'word '.repeat(16)}…"`,
  )
})

/** Invalid configurations and the error for each: path, expected, found. */
const faults = [
  ['realms: 1', 'realms: expected a mapping, found 1'],
  ['', 'realms: expected a mapping, found nothing'],
  ['[1]', '(the whole file): expected a mapping, found a list'],
  ['realms: {}\nlisten: 8080', 'listen: expected text (put a number in quotes), found 8080'],
  ['realms: {}\nlisten: localhost', 'listen: expected an address and a port such as "127.0.0.1:8080" or "[::1]:8080", found "localhost"'],
  [
    'realms: {}\npublicUrl: https://a.example/',
    'publicUrl: expected an http or https URL without a path, such as "https://auth.example.com", found "https://a.example/"',
  ],
  ['realms: {}\nstore: mysql://a', 'store: expected "sqlite:" and a file'],
  [
    'realms: {}\nsecretPepper: hunter2',
    'secretPepper: expected "file:" and a path, "env:" and the name of a variable, or "exec:" and the absolute path of a program',
  ],
  [
    'realms: {}\ntrustedProxies: [10.0.0.0/33]',
    'trustedProxies.0: expected an address range such as "10.0.0.0/8" or "fd00::/8", found "10.0.0.0/33"',
  ],
  ['realms: {}\noutboundRequests: !!set { privateAddresses }', 'is not valid YAML: Unresolved tag: tag:yaml.org,2002:set'],
  ['%YAML 1.1\n---\nrealms: {}\nbehindTlsProxy: yes', 'is not valid YAML: expected YAML 1.2, found "%YAML 1.1"'],
  ['realms: {}\nshutdownDelay: 1m', 'shutdownDelay: expected a duration between 0s and 20s'],
  ['realms: {}\nlisten: 0.0.0.0:80', 'listen: expected a loopback address such as "127.0.0.1:8080", because secrets and tokens would'],
  ['realms: {}\ntls: { certificate: a }', 'tls.key: expected text (put a number in quotes), found nothing'],
  ['realms: {}\nlogLevel: loud', 'logLevel: expected one of "debug", "info", "warn", "error", "silent", found "loud"'],
  ['realms: {}\npubicUrl: x', 'pubicUrl: expected no such setting, but one of listen, publicUrl, tls,'],
  ['realms: { Prod: {} }', 'realms.Prod: expected a realm name of lower-case letters, digits and "-" ("operators" is taken)'],
  ['realms: { operators: {} }', '("operators" is taken)'],
  [
    'realms: { one: { issuer: /a, tokenEndpoint: /t, audience: countersign-admin } }',
    'realms.one.audience: expected another name than "countersign-admin", which is the audience of operators',
  ],
  [
    'realms: { one: { issuer: /a, tokenEndpoint: /t, audience: a, apis: { countersign-admin: {} } } }',
    'realms.one.apis: expected another name than "countersign-admin", which is the audience of operators',
  ],
  ['realms: { one: null }', 'realms.one: expected a mapping, found null'],
  [oneRealm('acessTokenLifetime: 5m'), 'realms.one.acessTokenLifetime: expected no such setting'],
  [
    oneRealm('accessTokenLifetime: 300'),
    'realms.one.accessTokenLifetime: expected a duration between 1s and 1d, such as "30s", "5m", "12h" or "90d", found 300',
  ],
  [oneRealm('accessTokenLifetime: 2d'), 'realms.one.accessTokenLifetime: expected a duration between 1s and 1d'],
  [oneRealm('tokenProfile: cognito'), 'realms.one.audience: expected no audience'],
  [
    oneRealm('signingAlgorithms: [RS256]'),
    'realms.one.signingAlgorithm: expected the algorithm of the realm itself, because "signingAlgorithms" has further ones',
  ],
  [
    oneRealm('signingAlgorithm: ES256, signingAlgorithms: [HS256]'),
    'realms.one.signingAlgorithms.0: expected one of "ES256", "RS256", "PS256", "EdDSA", "ES384", "ES512", "RS384", "RS512", "PS384", "PS512", found "HS256"',
  ],
  [
    oneRealm('signingAlgorithm: HS256'),
    'realms.one.signingAlgorithm: expected one of "ES256", "RS256", "PS256", "EdDSA", "ES384", "ES512", "RS384", "RS512", "PS384", "PS512", found "HS256"',
  ],
  [oneRealm('scopes: ["a b"]'), 'realms.one.scopes.0: expected a scope token (RFC 6749 §3.3), found "a b"'],
  [oneRealm('defaultScopes: [a]'), 'realms.one.defaultScopes: expected only scopes that are in "scopes"; "a" is not'],
  [oneRealm('compatibility: { two: true }'), 'realms.one.compatibility.two: expected no such setting'],
  [
    oneRealm('compatibility: cognito'),
    'realms.one.compatibility: expected "keycloak", "none", or a mapping of defaultScopesAlwaysGranted, openidScope, twoMethods, unknownAudience, anyClientId, assertionAudience, trailingSlash to true or false, found "cognito"',
  ],
  [oneRealm('capabilities: { a: yes }'), 'realms.one.capabilities.a: expected "flag" or a list of choices, found "yes"'],
  [
    oneRealm('capabilities: { rateLimitTier: flag }'),
    'realms.one.capabilities: expected no "rateLimitTier", because "rateLimitTiers" declares it',
  ],
  [oneRealm('tokensNotBefore: 2020'), 'realms.one.tokensNotBefore: expected text (put a number in quotes), found 2020'],
  [
    oneRealm('tokensNotBefore: yesterday'),
    'realms.one.tokensNotBefore: expected an instant with an offset, such as "2026-01-31T12:00:00Z" or "2026-01-31T14:00:00+02:00", found "yesterday"',
  ],
  [
    oneRealm('secretRotation: { quietPeriod: 5m }'),
    'realms.one.secretRotation.quietPeriod: expected at least "6m", or no value: an instance with the old secret requests a token once per token lifetime (5m here),',
    'found "5m"',
  ],
  [
    oneRealm('accessTokenLifetime: 1h, secretRotation: { quietPeriod: 1h }'),
    'realms.one.secretRotation.quietPeriod: expected at least "61m", or no value',
  ],
  [
    oneRealm('signingKeys: { rotateEvery: never }'),
    'realms.one.signingKeys.rotateEvery: expected "none", or a duration between 1s and 3650d, such as "90d", found "never"',
  ],
  [
    oneRealm('signingKeys: { publishBefore: 31d }'),
    'realms.one.signingKeys.publishBefore: expected a duration between 1s and 30d, such as "30s", "5m", "12h" or "90d", found "31d"',
  ],
  [
    oneRealm('signingKeys: { rotateEvery: 12h }'),
    'realms.one.signingKeys.rotateEvery: expected at least "1d", the time for which the next key is published ("publishBefore"), or "none", found "12h"',
  ],
  [
    `signingKeys: { rotateEvery: 5d, publishBefore: 7d }\n${oneRealm('')}`,
    'signingKeys.rotateEvery: expected at least "7d", the time for which the next key is published ("publishBefore"), or "none", found "5d"',
  ],
  [oneRealm('secretRotation: { window: 60d }'), 'realms.one.secretRotation.window: expected a window that is not longer than "maxWindow"'],
  [oneRealm('addressProtection: { requestsPerSecond: 0 }'), 'realms.one.addressProtection.requestsPerSecond: expected at least 1, found 0'],
  [
    'realms: { one: { issuer: /one/, tokenEndpoint: token } }',
    'realms.one.issuer: expected a path such as "/realms/nt24-idp", or a URL such as "https://auth.example.com/realms/nt24-idp", without a trailing slash, query or fragment, found "/one/"',
  ],
  ['realms: { one: { issuer: /one, tokenEndpoint: /t } }', 'realms.one.audience: expected an audience'],
  [
    'realms: { one: { issuer: /a, tokenEndpoint: /t, audience: a }, two: { issuer: /a, tokenEndpoint: /u, audience: a } }',
    'realms.two.issuer: expected a path of its own; "realms.one.issuer" has it already, found "/a"',
  ],
  [
    'realms: { one: { issuer: /a, tokenEndpoint: /b/.well-known/jwks.json, audience: a }, two: { issuer: /b, tokenEndpoint: /u, audience: a } }',
    'realms.one.tokenEndpoint: expected another path, because the realm "two" has another endpoint there, found "/b/.well-known/jwks.json"',
  ],
  [
    'realms: { one: { issuer: /a, tokenEndpoint: /a/oauth2/introspect, audience: a } }',
    'realms.one.tokenEndpoint: expected another path, because the realm "one" has another endpoint there, found "/a/oauth2/introspect"',
  ],
  [
    'realms: { one: { issuer: /a, tokenEndpoint: /a/v1/me/secret-rotation, audience: a } }',
    'realms.one.tokenEndpoint: expected another path, because the realm "one" has another endpoint there, found "/a/v1/me/secret-rotation"',
  ],
  [
    'realms: { one: { issuer: /a, tokenEndpoint: /.well-known/openid-configuration/realms/operators, audience: a } }',
    'realms.one.tokenEndpoint: expected another path, because the realm "operators" has another endpoint there',
  ],
  [
    'realms: { one: { issuer: /a, tokenEndpoint: /, audience: a } }',
    'realms.one.tokenEndpoint: expected another path, because the server itself has a page there, found "/"',
  ],
] as const
for (const name of ['2026\u200B', '\u202E2026', '  ', '\u3164']) {
  test(`fault 7.13: "${encodeURI(name)}" is refused as a version and as a choice of a capability`, () => {
    const faults = faultsOf(oneRealm(`requiredDpaVersion: "${name}", capabilities: { a: ["${name}"] }`))
    assert.match(faults, /requiredDpaVersion: expected text with not only blanks/)
    assert.match(faults, /capabilities\.a/)
  })
}

test('fault 4.5: tokensNotBefore is read with an offset', () => {
  const { realms } = parse(oneRealm('tokensNotBefore: 2027-01-31T14:00:00+02:00'))
  assert.equal(realms.get('one')?.tokensNotBefore, Date.parse('2027-01-31T12:00:00Z') / 1000)
})

for (const day of ['2027-02-30', '2026-04-31']) {
  test(`fault 4.4: tokensNotBefore on "${day}" is reported with the day that does not exist`, () => {
    const expected = `realms.one.tokensNotBefore: expected a day that exists; the calendar has no "${day}", found "${day}T00:00:00Z"`
    assert.ok(faultsOf(oneRealm(`tokensNotBefore: "${day}T00:00:00Z"`)).includes(expected))
  })
}

for (const [text, message] of faults) {
  test(`an invalid configuration is reported: ${message}`, () => {
    const found = faultsOf(text)
    assert.ok(found.includes(`  ${message}`) || found.includes(message), found)
  })
}

/** Settings with which the server would run but admit no client, or issue tokens that live for ever. */
const bricks = [
  [oneRealm('accessTokenLifetime: 0s'), 'realms.one.accessTokenLifetime: expected a duration between 1s and 1d', 'found "0s"'],
  [oneRealm('accessTokenLifetime: 3650d'), 'realms.one.accessTokenLifetime: expected a duration between 1s and 1d', 'found "3650d"'],
  [oneRealm('accessTokenLifetime: ""'), 'realms.one.accessTokenLifetime: expected a duration between 1s and 1d', 'found ""'],
  [
    oneRealm('signingAlgorithm: []'),
    'realms.one.signingAlgorithm: expected one of "ES256", "RS256", "PS256", "EdDSA", "ES384", "ES512", "RS384", "RS512", "PS384", "PS512"',
    'found an empty list',
  ],
  [
    oneRealm('signingAlgorithm: ""'),
    'realms.one.signingAlgorithm: expected one of "ES256", "RS256", "PS256", "EdDSA", "ES384", "ES512", "RS384", "RS512", "PS384", "PS512"',
    'found ""',
  ],
  [oneRealm('capabilities: { region: [] }'), 'realms.one.capabilities.region: expected', 'found an empty list'],
  ['realms: { one: { issuer: /one, tokenEndpoint: /t, audience: "" } }', 'realms.one.audience: expected', 'found ""'],
  ['realms: { one: {} }', 'realms.one.issuer: expected', 'found nothing'],
  ['realms: { one: }', 'realms.one: expected a mapping', 'found null'],
  [
    'realms: { one: { issuer: realms/one, tokenEndpoint: /t, audience: a } }',
    'realms.one.issuer: expected a path such as "/realms/nt24-idp"',
    'found "realms/one"',
  ],
  ['realms: {}\npublicUrl: htps://auth.example', 'publicUrl: expected an http or https URL without a path', 'found "htps://auth.example"'],
  ['realms: {}\npublicUrl: ""', 'publicUrl: expected an http or https URL without a path', 'found ""'],
  ['realms: {}\nlease: 0s', 'lease: expected a duration between 5s and 1h', 'found "0s"'],
  ['realms: {}\nclientsInMemory: 0', 'clientsInMemory: expected at least 100', 'found 0'],
] as const
for (const [text, expected, found] of bricks) {
  test(`abuse 156: a setting that bricks the server is rejected: ${expected}, ${found}`, () => {
    const line = faultsOf(text)
      .split('\n')
      .find((fault) => fault.startsWith(`  ${expected}`))
    assert.ok(line?.endsWith(found), faultsOf(text))
  })
}

test('all errors are reported at once', () => {
  assert.equal(faultsOf('realms: {}\nlisten: a\npublicUrl: b\nstore: c').split('\n').length, 4)
})

for (const limit of ['.nan', '""', '8KBs', '-1', '0', '.inf', '4095B', '17MB', 'null']) {
  test(`abuse 009: requestBodyLimit: ${limit} keeps the server from starting`, () => {
    assert.match(faultsOf(`realms: {}\nrequestBodyLimit: ${limit}`), /requestBodyLimit: expected a size between/)
  })
}

for (const [what, text] of Object.entries({
  'broken YAML': 'realms: {',
  'two documents': 'a: 1\n---\nb: 2',
  'a repeated key': 'realms: {}\nrealms: {}',
  'an unknown tag': '!!js/function x',
  'an alias to nothing': 'listen: *a',
  'an alias to itself': 'listen: &a [*a]',
  'aliases that grow without bounds': [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    'b: &b [*a,*a,*a,*a,*a,*a,*a]',
    'c: &c [*b,*b,*b,*b,*b,*b,*b]',
    'd: [*c,*c,*c,*c]',
  ].join('\n'),
  'a list as a name': '? [a]\n: b',
  'nesting without an end': '['.repeat(20_000),
})) {
  test(`${what} is a ConfigurationError`, () => assert.notEqual(faultsOf(text), ''))
}

test('arbitrary text is parsed as a configuration or rejected with a ConfigurationError', () => {
  const piece = fc.constantFrom(
    'realms:',
    ' one:',
    '\n',
    '  ',
    'issuer: /a',
    '{',
    '}',
    '[',
    ']',
    '&a',
    '*a',
    '? ',
    ': ',
    '- ',
    '!!str',
    '"',
    '|',
    '<<',
    '__proto__: ',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (text) => void faultsOf(text),
    ),
  )
})

test('arbitrary settings of a realm are accepted or rejected with a ConfigurationError', () => {
  const name = fc.constantFrom(
    'scopes',
    'audience',
    'capabilities',
    'rateLimitTiers',
    'tokensNotBefore',
    'addressProtection',
    'x',
    '__proto__',
  )
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.jsonValue()),
      (settings) => void faultsOf(JSON.stringify({ realms: { one: { issuer: '/one', tokenEndpoint: '/t', ...settings } } })),
    ),
  )
})

test('the error for an unreadable file says how to create one', () => {
  assert.throws(() => loadConfiguration('/nowhere/countersign.yaml'), /^ConfigurationError: .*countersign init/)
})

test('a file is read, and its paths are relative to its folder', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'countersign.yaml'), 'realms: {}')
  assert.equal(loadConfiguration(join(folder, 'countersign.yaml')).secretPepper, `file:${join(folder, '.countersign/pepper')}`)
})

test('fault 1.3: the quiet period is derived from the token lifetime, unless a longer one is set', () => {
  const quietPeriodOf = (settings: string) => parseConfiguration(oneRealm(settings), '/').realms.get('one')!.secretRotation.quietPeriod
  assert.deepEqual(
    ['tokenProfile: rfc9068', 'accessTokenLifetime: 1h', 'secretRotation: { quietPeriod: 6m }', 'secretRotation: { quietPeriod: 2h }'].map(
      quietPeriodOf,
    ),
    [360, 3660, 360, 7200],
  )
})

test("a realm follows Keycloak's ways by its token profile, unless the configuration says which", () => {
  const of = (settings: string) => parseConfiguration(oneRealm(settings), '/').realms.get('one')!.compatibility
  const areAll = (settings: string, isOn: boolean) => Object.values(of(settings)).every((member) => member === isOn)
  assert.ok(areAll('tokenProfile: keycloak', true))
  assert.ok(areAll('tokenProfile: rfc9068', false))
  assert.ok(areAll('tokenProfile: keycloak, compatibility: none', false))
  assert.ok(areAll('compatibility: keycloak', true))
  const { twoMethods, trailingSlash } = of('tokenProfile: keycloak, compatibility: { twoMethods: false }')
  assert.deepEqual({ twoMethods, trailingSlash }, { twoMethods: false, trailingSlash: true })
  assert.ok(of('compatibility: { anyClientId: true }').anyClientId)
})

test('signing keys are rotated as the realm says, else as the top of the configuration does, else every 90 days', () => {
  const settingsOf = (text: string) => parse(text).realms.get('one')!.signingKeys
  assert.deepEqual(settingsOf(oneRealm('')), { rotateEvery: 90 * 86_400, publishBefore: 86_400 })
  const common = 'signingKeys: { rotateEvery: none, publishBefore: 1h }\n'
  assert.deepEqual(settingsOf(common + oneRealm('')), { rotateEvery: null, publishBefore: 3600 })
  const own = oneRealm('signingKeys: { rotateEvery: 30d }')
  assert.deepEqual(settingsOf(common + own), { rotateEvery: 30 * 86_400, publishBefore: 3600 })
})
