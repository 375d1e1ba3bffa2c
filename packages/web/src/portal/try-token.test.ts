import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTokenParts } from './try-token.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('header and claims of a token are read without its signature', () => {
  const token = `${encode({ alg: 'ES256' })}.${encode({ sub: 'ä' })}.xyz`
  assert.deepEqual(readTokenParts(token), { header: { alg: 'ES256' }, claims: { sub: 'ä' } })
})

test('a token of another form has no parts to show', () => {
  for (const token of ['', 'opaque', 'a.b.c', `${encode({})}.!.x`]) assert.equal(readTokenParts(token), undefined, token)
})
