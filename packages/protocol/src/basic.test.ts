import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { BasicSyntaxError, formatBasic, parseBasic } from './basic.ts'
import { anyText, textOf } from './text.fixture.ts'

/** The header of `curl -u`: both values unencoded, in UTF-8. */
function rawBasic(pair: string): string {
  return bytesBasic(Buffer.from(pair))
}

function bytesBasic(bytes: Uint8Array): string {
  return `Basic ${Buffer.from(bytes).toString('base64')}`
}

test('parse(format(credentials)) equals the credentials', () => {
  const text = anyText.map((value) => value.toWellFormed())
  fc.assert(
    fc.property(fc.record({ clientId: text, clientSecret: text }, { noNullPrototype: true }), (credentials) =>
      assert.deepEqual(parseBasic(formatBasic(credentials)), credentials),
    ),
  )
})

test('arbitrary text is parsed or rejected with a BasicSyntaxError', () => {
  const anyBytes = fc.uint8Array().map(bytesBasic)
  const nearlyBasic = textOf('Basic', ' ', 'YTpi', '=', '-', '%zz', '\n', ',')
  fc.assert(
    fc.property(fc.oneof(anyBytes, nearlyBasic, anyText), (header) => {
      try {
        parseBasic(header)
      } catch (error) {
        assert.ok(error instanceof BasicSyntaxError, String(error))
      }
    }),
  )
})

test('abuse 040: the scheme is case-insensitive', () => {
  for (const scheme of ['Basic', 'basic', 'BASIC']) assert.deepEqual(parseBasic(`${scheme} YTpi`), { clientId: 'a', clientSecret: 'b' })
})

const malformedHeaders = {
  'an empty value': '',
  'the scheme alone': 'Basic',
  'the scheme and a space': 'Basic ',
  'another scheme': 'Bearer YTpi',
  'two spaces': 'Basic  YTpi',
  'a tab': 'Basic\tYTpi',
  'characters that a lenient decoder skips': 'Basic YTpi!@#',
  'missing padding': 'Basic YTpiYg',
  'too much padding': 'Basic YTpi=',
  'stray bits before the padding': 'Basic YTpiYh==',
  'the URL alphabet': 'Basic YTpi_-__',
  'a space inside': 'Basic YT pi',
  'a newline inside': 'Basic YT\npi',
  'a trailing newline': 'Basic YTpi\n',
  'no colon': rawBasic('acme'),
  'two headers': 'repeated',
  'two headers joined by a comma': 'Basic YTpi, Basic YTpi',
  'invalid UTF-8': bytesBasic(Buffer.of(0x61, 0x3a, 0xff)),
}
for (const [what, header] of Object.entries(malformedHeaders)) {
  test(`abuse 040: ${what} is rejected`, () => {
    assert.throws(() => parseBasic(header), BasicSyntaxError)
  })
}

test('abuse 041: form-encoded credentials are decoded (RFC 6749 §2.3.1)', () => {
  assert.deepEqual(parseBasic(rawBasic('api%3Aclient:a+b%2Bc%25')), { clientId: 'api:client', clientSecret: 'a b+c%' })
})

test('RFC 6749 §2.3.1: credentials are sent form-encoded', () => {
  assert.equal(formatBasic({ clientId: 'api:client', clientSecret: 'a b+c%' }), rawBasic('api%3Aclient:a+b%2Bc%25'))
})

test('abuse 041: credentials of our secret alphabet are the same form-encoded and raw', () => {
  const issued = fc.stringMatching(/^[A-Za-z0-9_-]+$/)
  fc.assert(
    fc.property(issued, issued, (clientId, clientSecret) =>
      assert.deepEqual(parseBasic(rawBasic(`${clientId}:${clientSecret}`)), parseBasic(formatBasic({ clientId, clientSecret }))),
    ),
  )
})

test('a raw secret may contain a colon, a raw client id may not', () => {
  assert.deepEqual(parseBasic(rawBasic('acme:se:cret')), { clientId: 'acme', clientSecret: 'se:cret' })
})

for (const encoded of ['%zz', '%', '%4', '%FF', '%C3%28']) {
  test(`abuse 041: a secret "${encoded}" that is not form-encoded UTF-8 is rejected`, () => {
    assert.throws(() => parseBasic(rawBasic(`acme:${encoded}`)), BasicSyntaxError)
  })
}

for (const [what, secret] of Object.entries({
  'a NUL': 'abc\0',
  'a space': 'abc ',
  'a newline': 'abc\n',
  'a look-alike': 'аbc',
})) {
  test(`abuse 042: a secret with ${what} is returned as it was sent, not as the secret without it`, () => {
    assert.equal(parseBasic(rawBasic(`acme:${secret}`)).clientSecret, secret)
  })
}

test('a byte order mark is part of the client id', () => {
  assert.equal(parseBasic(rawBasic('\uFEFFacme:abc')).clientId, '\uFEFFacme')
})

test('an empty client id and an empty secret are parsed as empty', () => {
  assert.deepEqual(parseBasic(rawBasic(':')), { clientId: '', clientSecret: '' })
})

test('the error does not repeat the input', () => {
  assert.throws(
    () => parseBasic(rawBasic('acme:confidential%zz')),
    (error: Error) => !error.message.includes('confidential'),
  )
})
