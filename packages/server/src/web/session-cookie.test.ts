import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSessionCookie } from './session-cookie.ts'

const cookie = createSessionCookie('console', 'http://localhost:8080')

for (const [headers, expected] of [
  [[], undefined],
  [['Cookie', 'countersign-console=abc'], 'abc'],
  [['cookie', 'a=b; countersign-console=abc;c=d'], 'abc'],
  [['Cookie', 'a=b', 'COOKIE', 'countersign-console=abc'], 'abc'],
  [['Cookie', 'countersign-console=a=b'], 'a=b'],
  [['Cookie', 'Countersign-Console=abc'], undefined],
  [['Cookie', 'xcountersign-console=abc'], undefined],
  [['Cookie', '__Host-countersign-console=abc'], undefined],
  [['Cookie', 'countersign-console=abc; countersign-console=def'], undefined],
  [['Cookie', 'countersign-console=abc', 'Cookie', 'countersign-console=abc'], undefined],
  [['Authorization', 'countersign-console=abc'], undefined],
  [['X', 'cookie', 'countersign-console=abc', 'y'], undefined],
] as const) {
  test(`of the headers ${JSON.stringify(headers)} the cookie is ${expected ?? 'none'}`, () => {
    assert.equal(cookie.read(headers), expected)
  })
}

test('over https the name has the prefix for this host', () => {
  const secure = createSessionCookie('portal', 'https://partners.example')
  assert.equal(secure.set('abc'), '__Host-countersign-portal=abc; Path=/; HttpOnly; SameSite=Strict; Secure')
  assert.equal(secure.read(['Cookie', 'countersign-portal=abc']), undefined)
})
