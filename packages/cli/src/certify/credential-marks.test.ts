import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCredentialMarks } from './credential-marks.ts'

const secret = 'csk_secret+with/odd=characters'
const token = `eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.${'s'.repeat(43)}`

test('a secret and a token are found in each form in which a backend may write them', () => {
  const marks = createCredentialMarks()
  marks.addSecret('me', secret)
  marks.addToken(token)
  const basic = Buffer.from(`me:${secret}`).toString('base64')
  for (const text of [secret, `secret=${encodeURIComponent(secret)}`, `Basic ${basic}`])
    assert.equal(marks.find(`{"x":"${text}"}`), 'secret')
  for (const text of [token, `Bearer ${token}`, token.split('.')[2]!]) assert.equal(marks.find(`a ${text} b`), 'token')
  assert.equal(marks.find('me, Basic, Bearer, eyJhbGciOiJub25lIn0'), undefined)
  assert.equal(marks.redact(`a ${token} b ${secret}`), 'a [redacted].[redacted] b [redacted]')
})
