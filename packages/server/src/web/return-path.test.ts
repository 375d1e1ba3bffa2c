import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readReturnPath } from './return-path.ts'

test('a page of the console stays, with its query and fragment', () => {
  for (const path of ['/console', '/console/', '/console/nt24-idp/clients?search=a%20b&page=2', '/console/audit#newest'])
    assert.equal(readReturnPath(path, '/console'), path)
})

test('what leads elsewhere leads to the first page', () => {
  for (const path of [
    undefined,
    ['/console/audit', '/console/keys'],
    '',
    'console',
    'https://evil.example/console',
    '//evil.example/console',
    '///evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/console/../problems',
    '/console/%2e%2e/problems',
    '/console//evil.example',
    '/console/..//evil.example',
    '/consolex',
    '/portal',
    '/console/api/session',
    '/console/api/oidc/start',
    'javascript:alert(1)',
    '/console/\r\nset-cookie: a=b',
    '/console/ü',
    `/console/${'x'.repeat(1024)}`,
  ])
    assert.equal(readReturnPath(path, '/console'), '/console', JSON.stringify(path))
})

test('whatever is asked for, a browser stays at the console', () => {
  const parts = fc.array(fc.constantFrom('/', '\\', '.', '..', '%2e', '%2f', '@', ':', '?', '#', 'console', 'evil.example', ' ', '\n', 'x'))
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        parts.map((list) => `/console${list.join('')}`),
        parts.map((list) => list.join('')),
      ),
      (wanted) => {
        const url = new URL(readReturnPath(wanted, '/console'), 'https://own.example')
        assert.equal(url.origin, 'https://own.example')
        assert.match(url.pathname, /^\/console(?:\/|$)/)
      },
    ),
  )
})
