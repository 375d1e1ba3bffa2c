import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatBearer, hasTokenInQuery, maxBearerHeaderLength, readBearer } from './bearer.ts'
import { anyText, textOf } from './text.fixture.ts'

const token = fc.stringMatching(/^[A-Za-z0-9\-._~+/]+={0,2}$/)

test('read(format(token)) equals the token', () => {
  fc.assert(fc.property(token, (value) => assert.deepEqual(readBearer(formatBearer(value)), { kind: 'token', token: value })))
})

test('a header that is accepted consists of "Bearer", one space and the token', () => {
  const nearlyBearer = textOf('Bearer', 'bearer', 'Basic', ' ', '\t', ',', '"', 'eyJhbGc', '.', '=')
  fc.assert(
    fc.property(fc.oneof(nearlyBearer, anyText), (header) => {
      const read = readBearer(header)
      if (read.kind === 'token') assert.equal(`Bearer ${read.token}`.toLowerCase(), header.toLowerCase())
      else assert.ok(read.kind === 'malformed' || read.kind === 'several')
    }),
  )
})

test('a request without the header has no token', () => {
  assert.deepEqual(readBearer(undefined), { kind: 'missing' })
})

for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
  test(`abuse 111: the scheme is case-insensitive: "${scheme}"`, () => {
    assert.deepEqual(readBearer(`${scheme} eyJhbGc.e30.c2ln`), { kind: 'token', token: 'eyJhbGc.e30.c2ln' })
  })
}

const malformedHeaders = {
  'an empty value': '',
  'the scheme alone': 'Bearer',
  'the scheme and a space': 'Bearer ',
  'a token without a scheme': 'eyJhbGc.e30.c2ln',
  'another scheme': 'Basic YTpi',
  'no space': 'BearereyJhbGc',
  'two spaces': 'Bearer  eyJhbGc',
  'a tab': 'Bearer\teyJhbGc',
  'a no-break space': 'Bearer\u00A0eyJhbGc',
  'a leading space': ' Bearer eyJhbGc',
  'a trailing space': 'Bearer eyJhbGc ',
  'a trailing newline': 'Bearer eyJhbGc\n',
  'a token in quotes': 'Bearer "eyJhbGc"',
  'a token in angle brackets': 'Bearer <eyJhbGc>',
  'two tokens': 'Bearer eyJhbGc eyJhbGc',
  'padding before the end': 'Bearer eyJ=hbGc',
  'padding and no token': 'Bearer ==',
  'a letter outside ASCII': 'Bearer ëyJhbGc',
  'a NUL': 'Bearer eyJhbGc\0',
}
for (const [what, header] of Object.entries(malformedHeaders)) {
  test(`abuse 111: ${what} is malformed`, () => {
    assert.deepEqual(readBearer(header), { kind: 'malformed' })
  })
}

const severalTokens = {
  'two headers': 'repeated',
  'two headers joined by a comma': 'Bearer eyJhbGc, Bearer eyJhbGc',
  'without a space after the comma': 'bearer eyJhbGc,BEARER eyJhbGc',
  'a second header of another scheme': 'Bearer eyJhbGc, Basic YTpi',
  'a first header of another scheme': 'Basic YTpi, Bearer eyJhbGc',
  'a second header that is empty': 'Bearer eyJhbGc, ',
  'a second header without a token': 'Bearer eyJhbGc, Bearer',
}
for (const [what, header] of Object.entries(severalTokens)) {
  test(`fault 3.5: ${what}: several tokens`, () => {
    assert.deepEqual(readBearer(header), { kind: 'several' })
  })
}

test('a list of another scheme is malformed, not several tokens', () => {
  for (const header of ['Digest username="Bearer a", realm="b"', 'Basic YTpi, Basic YTpi', ',', 'Bearer,', 'Bearerish a, b'])
    assert.deepEqual(readBearer(header), { kind: 'malformed' }, header)
})

const targets: [target: string, hasToken: boolean][] = [
  ['/v1/me', false],
  ['/v1/me?', false],
  ['/access_token', false],
  ['/v1/me?access_token=a', true],
  ['/v1/me?page=2&access_token=a', true],
  ['/v1/me?access_token', true],
  ['/v1/me?access%5Ftoken=a', true],
  ['/v1/me?%61ccess_token=a', true],
  ['https://api.example.com/v1/me?access_token=a', true],
  ['/v1/me?my_access_token=a', false],
  ['/v1/me?q=access_token', false],
  ['/v1/me?access=%', false],
]
for (const [target, hasToken] of targets) {
  test(`fault 3.5: the query of ${target} has ${hasToken ? 'a' : 'no'} token`, () => assert.equal(hasTokenInQuery(target), hasToken))
}

test('abuse 111: a header of 8,192 characters is accepted, one of 8,193 is malformed', () => {
  const longest = 'a'.repeat(maxBearerHeaderLength - 'Bearer '.length)
  assert.equal(readBearer(formatBearer(longest)).kind, 'token')
  assert.equal(readBearer(formatBearer(`${longest}a`)).kind, 'malformed')
})
