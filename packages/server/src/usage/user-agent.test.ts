import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readUserAgent } from './user-agent.ts'

test('the name of a program is kept, up to 100 visible characters', () => {
  assert.equal(readUserAgent('orders-backend/2.1 (linux; x64)'), 'orders-backend/2.1 (linux; x64)')
  assert.equal(readUserAgent('a '.repeat(80)).length, 99)
  assert.equal(readUserAgent('a\u0000\u001b[31mb\u00e9'), 'a?[31mb?')
  for (const nothing of [undefined, '', ' ']) assert.equal(readUserAgent(nothing), '(none)')
})

test('what may be a secret or a token is not kept', () => {
  for (const secret of [
    `csk_${'a'.repeat(49)}`,
    `curl csk_x`,
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln',
    'Bearer eyJhbGci',
    'client/0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33',
    'k3bYqVfXz0mUQhRt8WcJd2LsN7aPgEi1',
  ])
    assert.equal(readUserAgent(secret), '(hidden: it may be a secret)', secret)
})
