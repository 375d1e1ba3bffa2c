import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatBearer, maxBearerHeaderLength, readBearer } from './bearer.ts'
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
      else assert.equal(read.kind, 'malformed')
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
  'two headers joined by a comma': 'Bearer eyJhbGc, Bearer eyJhbGc',
  'padding before the end': 'Bearer eyJ=hbGc',
  'padding and no token': 'Bearer ==',
  'a letter outside ASCII': 'Bearer ëyJhbGc',
  'a NUL': 'Bearer eyJhbGc\0',
  'two headers': 'repeated',
}
for (const [what, header] of Object.entries(malformedHeaders)) {
  test(`abuse 111: ${what} is malformed`, () => {
    assert.deepEqual(readBearer(header), { kind: 'malformed' })
  })
}

test('abuse 111: a header of 8,192 characters is accepted, one of 8,193 is malformed', () => {
  const longest = 'a'.repeat(maxBearerHeaderLength - 'Bearer '.length)
  assert.equal(readBearer(formatBearer(longest)).kind, 'token')
  assert.equal(readBearer(formatBearer(`${longest}a`)).kind, 'malformed')
})
