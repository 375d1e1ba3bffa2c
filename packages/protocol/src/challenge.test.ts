import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatBearerChallenge, parseBearerChallenge, type BearerChallenge } from './challenge.ts'
import { anyText, textOf } from './text.fixture.ts'

const printable = fc.stringMatching(/^[\x20-\x7E]*$/)
const challenge: fc.Arbitrary<BearerChallenge> = fc.record(
  { realm: printable, error: printable, errorDescription: printable, scope: printable, errorUri: printable },
  { requiredKeys: [], noNullPrototype: true },
)

test('parse(format(challenge)) equals the challenge', () => {
  fc.assert(fc.property(challenge, (value) => assert.deepEqual(parseBearerChallenge(formatBearerChallenge(value)), value)))
})

test('a challenge is found after those of other schemes', () => {
  const other = fc.constantFrom(
    'Negotiate',
    'Negotiate YIIB',
    'NTLM TlRMTVNTUAA==',
    'Basic realm="a, Bearer error=\\"x\\""',
    'Digest a=1, b="2"',
  )
  fc.assert(
    fc.property(fc.array(other), challenge, (others, value) => {
      const header = [...others, formatBearerChallenge(value)].join(', ')
      assert.deepEqual(parseBearerChallenge(header), value)
    }),
  )
})

test('parsing never throws', () => {
  const nearlyChallenge = textOf('Bearer', 'Basic', ' ', ',', '=', '"', '\\', 'error', 'invalid_token', '\n', 'é', '__proto__')
  fc.assert(fc.property(fc.oneof(nearlyChallenge, anyText), (header) => void parseBearerChallenge(header)))
})

test('a formatted header is one line of printable ASCII', () => {
  fc.assert(
    fc.property(anyText, anyText, (realm, errorDescription) =>
      assert.match(formatBearerChallenge({ realm, errorDescription }), /^Bearer realm="[\x20-\x7E]*", error_description="[\x20-\x7E]*"$/),
    ),
  )
})

test('a challenge without members is the bare scheme', () => {
  assert.equal(formatBearerChallenge({}), 'Bearer')
  assert.deepEqual(parseBearerChallenge('Bearer'), {})
})

test('the members have the names of RFC 6750 §3 on the wire', () => {
  assert.equal(
    formatBearerChallenge({
      realm: 'novatrade24',
      error: 'invalid_token',
      errorDescription: 'The token has expired',
      errorUri: 'https://as/p',
    }),
    'Bearer realm="novatrade24", error="invalid_token", error_description="The token has expired", error_uri="https://as/p"',
  )
})

const readings: Record<string, [header: string, challenge: BearerChallenge | undefined]> = {
  'scheme and names in any case': ['bEARER ERROR="invalid_token"', { error: 'invalid_token' }],
  'values without quotes': ['Bearer error=invalid_token', { error: 'invalid_token' }],
  'spaces around the equals sign': ['Bearer error = "invalid_token"', { error: 'invalid_token' }],
  'members without a comma between them': ['Bearer realm="a" error="invalid_token"', { realm: 'a', error: 'invalid_token' }],
  'empty list elements': [', ,Bearer ,error="invalid_token",,', { error: 'invalid_token' }],
  'unknown members, which are left out': ['Bearer max_age="5", error="invalid_token"', { error: 'invalid_token' }],
  'a repeated member, of which the first counts': ['Bearer error="invalid_token", error="x"', { error: 'invalid_token' }],
  'two Bearer challenges, of which the first counts': ['Bearer realm="a", Bearer error="invalid_token"', { realm: 'a' }],
  'a member with an open quote, which ends the list': ['Bearer realm="a", error="invalid_token', { realm: 'a' }],
  'a Bearer inside the quotes of another scheme': ['Basic realm="Bearer error=invalid_token"', undefined],
  'a scheme that only begins with Bearer': ['BearerX error="invalid_token"', undefined],
  'another scheme': ['Basic realm="a"', undefined],
  nothing: ['', undefined],
  'more than 8,192 characters': [`Bearer realm="${'a'.repeat(8192)}"`, undefined],
}
for (const [what, [header, expected]] of Object.entries(readings)) {
  test(`reads ${what}`, () => {
    assert.deepEqual(parseBearerChallenge(header), expected)
  })
}

test('a response without the header has no challenge', () => {
  assert.equal(parseBearerChallenge(null), undefined)
  assert.equal(parseBearerChallenge(undefined), undefined)
})
