import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { maxTargetLength, normalizePath } from './normalized-path.ts'

const clear: Record<string, readonly [path: string, segments: readonly string[]]> = {
  '/': ['/', ['']],
  '/v1/orders': ['/v1/orders', ['v1', 'orders']],
  '/v1/orders/': ['/v1/orders/', ['v1', 'orders', '']],
  '/v1/orders?next=%2F..%2F;a': ['/v1/orders', ['v1', 'orders']],
  '/v1/%6Frders/%7ejo': ['/v1/orders/~jo', ['v1', 'orders', '~jo']],
  '/v1/Gr%c3%bcn/a%20b': ['/v1/Gr%C3%BCn/a%20b', ['v1', 'Grün', 'a b']],
  '/v1/%40me/a:b@c,d=e+f': ['/v1/%40me/a:b@c,d=e+f', ['v1', '@me', 'a:b@c,d=e+f']],
  '/v1/..a/.well-known/...': ['/v1/..a/.well-known/...', ['v1', '..a', '.well-known', '...']],
}
for (const [target, [path, segments]] of Object.entries(clear)) {
  test(`the path of "${target}" is "${path}"`, () => {
    assert.deepEqual(normalizePath(target), { isAmbiguous: false, path, segments })
  })
}

const ambiguous: Record<string, string> = {
  '/docs#/v1/orders': 'a fragment',
  '/docs/%23/v1': 'an encoded fragment',
  '/docs/..;/v1/orders': 'a parameter that hides a dot segment',
  '/docs;x=1/v1': 'a parameter of a segment',
  '/docs/%3B/v1': 'an encoded parameter of a segment',
  '/docs/../v1/orders': 'a dot segment',
  '/docs/./v1': 'a single dot',
  '/docs/..': 'a dot segment at the end',
  '/docs/%2e%2e/v1/orders': 'an encoded dot segment',
  '/docs/.%2E/v1/orders': 'a half encoded dot segment',
  '/docs/%20../v1': 'a dot segment with a blank that some servers cut off',
  '/docs/%252e%252e/v1/orders': 'double encoding',
  '/docs/%25': 'an encoded percent sign',
  '/docs%2Fv1': 'an encoded slash',
  '/docs%2fv1': 'an encoded slash in small letters',
  '/docs\\v1': 'a backslash',
  '/docs/..%5cv1': 'an encoded backslash',
  '/docs/%00': 'NUL',
  '/docs/\0': 'a raw NUL',
  '/docs/%0d%0aX': 'an encoded line break',
  '/docs/%7f': 'DEL',
  '/docs/%c2%85': 'a control character of two bytes',
  '//evil.example/docs': 'two slashes at the start',
  '/docs//v1': 'an empty segment',
  '/docs/%': 'a percent sign alone',
  '/docs/%zz': 'no hexadecimal digits',
  '/docs/%c3': 'half of a character in UTF-8',
  '/docs/%c0%af': 'a slash that is too long in UTF-8',
  '/docs/%ef%bc%8f/v1': 'a full-width slash',
  '/docs/%ef%bc%8e%ef%bc%8e/v1': 'full-width dots',
  '/docs/%e2%80%a5/v1': 'a two-dot leader',
  '/docs/%ef%bc%9b/v1': 'a full-width semicolon',
  '/docs%e2%88%95v1': 'a division slash, which is a slash for Windows',
  '/docs%e2%81%84v1': 'a fraction slash, which is a slash for Windows',
  '/docs/..%e2%88%96v1': 'a set minus, which is a backslash for Windows',
  '/docs/..%c2%a5v1': 'a sign of the yen, which is a backslash for Windows',
  '/docs/%d9%aa2e': 'an Arabic percent sign',
  '/docs/.%e2%80%8b./v1': 'a dot segment with a blank of no width in it',
  '/docs/..%c2%ad/v1': 'a dot segment with a soft hyphen after it',
  '/docs/a b': 'a raw blank',
  '/docs/x?a=1, /v1/orders': 'a blank in its query, as two joined values have',
  '/docs/x?a\tb': 'a tab in its query',
  '/docs/ü': 'a raw letter beyond ASCII',
  '/docs/{id}': 'braces',
  '': 'nothing',
  '*': 'an asterisk',
  docs: 'no slash at the start',
  'http://api.example.com/docs': 'an absolute form',
  [`/${'a'.repeat(maxTargetLength)}`]: 'too many characters',
}
for (const [target, what] of Object.entries(ambiguous)) {
  test(`abuse 264: a path with ${what} is ambiguous`, () => {
    assert.equal(normalizePath(target).isAmbiguous, true)
  })
}

test('abuse 264: a path that is not ambiguous stays the same when it is normalized again, and no decoder finds more in it', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    ';',
    '%',
    '%2e',
    '%2F',
    '%5c',
    '%25',
    '2e',
    '\\',
    '#',
    '?',
    'a',
    'A',
    '%41',
    '%c3%bc',
    ' ',
    '\0',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 12 }), (pieces) => {
      const found = normalizePath(`/${pieces.join('')}`)
      if (found.isAmbiguous) return
      const again = normalizePath(found.path)
      assert.deepEqual(again, found)
      assert.equal(
        found.segments.some((segment) => /[/\\;#?%\p{Cc}]/u.test(segment) || segment === '.' || segment === '..'),
        false,
      )
      assert.equal(new URL(found.path, 'http://api.example.com').pathname, found.path, 'a URL parser reads another path')
    }),
  )
})
