import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPasted } from './explain-input.ts'

test('the id of a request is found in what a problem or a log says', () => {
  const request = { kind: 'request', id: '0199c5e2a4b0-1f2e3d4c-0000002a' }
  for (const text of [
    '0199c5e2a4b0-1f2e3d4c-0000002a',
    ' urn:request:0199c5e2a4b0-1f2e3d4c-0000002a\n',
    '"urn:request:0199c5e2a4b0-1f2e3d4c-0000002a"',
    'request id: 0199c5e2a4b0-1f2e3d4c-0000002a.',
    'Since noon we get 403, see 0199c5e2a4b0-1f2e3d4c-0000002a, please help',
  ])
    assert.deepEqual(readPasted(text), request)
  assert.deepEqual(readPasted('req-8'), { kind: 'request', id: 'req-8' })
})

test('a token is none of an address, with or without "Bearer" in front', () => {
  const token = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(60)}.${'b'.repeat(60)}`
  for (const text of [token, `Bearer ${token}`, `Authorization: bearer ${token}\n`])
    assert.deepEqual(readPasted(text), { kind: 'token', token })
  assert.equal(readPasted('eyJhbGciOiJFUzI1NiJ9').kind, 'token')
  assert.deepEqual(readPasted(`eyJ${'a'.repeat(9000)}`), { kind: 'other' })
})

test('a secret is not sent anywhere', () => {
  assert.deepEqual(readPasted('CLIENT_SECRET=csk_abc'), { kind: 'secret' })
})

test('anything else is no id', () => {
  for (const text of ['', '   ', 'two words', '<img onerror>', 'a'.repeat(65)]) assert.deepEqual(readPasted(text), { kind: 'other' })
})
