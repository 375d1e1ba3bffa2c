import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containsText, looksLikeSecret, looksLikeToken, matches, requestIdOf } from './pasted.ts'

const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'

test('a token is no request id, and a request id no token', () => {
  assert.ok(looksLikeToken(token))
  assert.ok(looksLikeToken(`Bearer ${token}`))
  assert.equal(requestIdOf(token), undefined)
  for (const id of ['0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33', 'req-8f', 'a.b_c-1'])
    assert.ok(requestIdOf(id) === id && !looksLikeToken(id), id)
  for (const text of ['acme', 'Order backend 2', '']) assert.equal(requestIdOf(text), undefined, text)
})

test('a request id is found as partners write it', () => {
  const id = '0199c5e2a4b0-1f2e3d4c-0000002a'
  for (const text of [`urn:request:${id}`, `request id: ${id}`, `${id}.`]) assert.equal(requestIdOf(text), id, text)
})

test('a secret is no request id: it would be in the address of the page', () => {
  const secret = `csk_${'A1b2-_'.repeat(8)}c`
  for (const text of [secret, `CLIENT_SECRET=${secret}`]) assert.ok(looksLikeSecret(text) && requestIdOf(text) === undefined, text)
  assert.ok(!looksLikeSecret(token) && !looksLikeSecret('0199c5e2a4b0-1f2e3d4c-0000002a'))
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
