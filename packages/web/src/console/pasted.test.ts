import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containsText, looksLikeRequestId, looksLikeToken, matches } from './pasted.ts'

const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'

test('a token is no request id, and a request id no token', () => {
  assert.ok(looksLikeToken(token))
  assert.ok(looksLikeToken(`Bearer ${token}`))
  assert.ok(!looksLikeRequestId(token))
  for (const id of ['0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33', 'req-8f', 'a.b_c-1'])
    assert.ok(looksLikeRequestId(id) && !looksLikeToken(id), id)
  for (const text of ['acme', 'Order backend 2', '']) assert.ok(!looksLikeRequestId(text), text)
})

test('a text is looked for in ids and names, whatever its case', () => {
  assert.ok(containsText(['api-client-acme', 'Order backend'], 'ACME') && containsText(['x', 'Order backend'], 'back'))
  assert.ok(!containsText(['api-client-acme', 'Order backend'], 'cobalt'))
})

test('words of a query begin words of a name', () => {
  assert.ok(matches('Register a partner', 'reg par'))
  assert.ok(!matches('Register a partner', 'artner'))
  assert.ok(matches('Overview', ''))
})
