import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatScope, isScopeToken, parseScope, ScopeSyntaxError } from './scope.ts'
import { anyText, textOf } from './text.fixture.ts'

const scopeToken = fc.stringMatching(/^[\x21\x23-\x5B\x5D-\x7E]+$/)

test('parse(format(tokens)) equals the tokens', () => {
  fc.assert(fc.property(fc.uniqueArray(scopeToken), (tokens) => assert.deepEqual(parseScope(formatScope(tokens)), tokens)))
})

test('arbitrary text is parsed or rejected with a ScopeSyntaxError', () => {
  fc.assert(
    fc.property(fc.oneof(textOf('read', 'orders:write', ' ', '\t', '"', '\\', 'ä'), anyText), (text) => {
      try {
        const tokens = parseScope(text)
        assert.deepEqual(new Set(tokens), new Set(text.split(' ').filter(Boolean)))
      } catch (error) {
        assert.ok(error instanceof ScopeSyntaxError, String(error))
      }
    }),
  )
})

test('a repeated token counts once, at its first place', () => {
  assert.deepEqual(parseScope('orders:read profile orders:read'), ['orders:read', 'profile'])
})

test('scope tokens are case-sensitive', () => {
  assert.deepEqual(parseScope('Profile profile'), ['Profile', 'profile'])
})

test('an empty scope has no tokens', () => {
  assert.deepEqual(parseScope(''), [])
})

const outsideTheGrammar = {
  'a tab': 'read\twrite',
  'a newline': 'read\nwrite',
  'a trailing newline': 'read\n',
  'a double quote': '"read"',
  'a backslash': 'read\\write',
  'a letter outside ASCII': 'lesën',
  'a no-break space': 'read\u00A0write',
  DEL: 'read\x7F',
  'a NUL': 'read\0',
  'a double space': 'read  write',
  'a leading space': ' read',
  'a trailing space': 'read ',
  'nothing but a space': ' ',
}
for (const [what, scope] of Object.entries(outsideTheGrammar)) {
  test(`abuse 015: a scope with ${what} is rejected`, () => {
    assert.throws(() => parseScope(scope), ScopeSyntaxError)
  })
}

test('every other printable ASCII character may be in a token', () => {
  const allowed = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i)).filter((c) => c !== '"' && c !== '\\')
  assert.deepEqual(parseScope(allowed.join('')), [allowed.join('')])
})

test('abuse 014: one token repeated 10,000 times is one token', () => {
  assert.deepEqual(parseScope(Array(10_000).fill('read').join(' ')), ['read'])
})

test('abuse 014: 100 kB that violate the grammar only at the end are rejected in less than 5 ms', () => {
  const scope = `${'read '.repeat(20_000)}"`
  const milliseconds = Array.from({ length: 5 }, () => {
    const startedAt = performance.now()
    assert.throws(() => parseScope(scope), ScopeSyntaxError)
    return performance.now() - startedAt
  })
  assert.ok(Math.min(...milliseconds) < 5, `the fastest of five took ${Math.min(...milliseconds)} ms`)
})

test('the error does not repeat the input', () => {
  assert.throws(
    () => parseScope('confidential\t'),
    (error: Error) => !error.message.includes('confidential'),
  )
})

test('a single token is a scope token; two tokens, or none, are not', () => {
  assert.deepEqual(
    ['transactions/post', 'read write', '', 'rea"d'].map((value) => isScopeToken(value)),
    [true, false, false, false],
  )
})
