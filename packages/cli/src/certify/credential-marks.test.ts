import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCredentialMarks } from './credential-marks.ts'
import { createSandboxKey } from './sandbox-key.ts'

const secret = 'csk_secret+with/odd=characters'
const token = `eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.${'s'.repeat(43)}`

test('a secret and a token are found in each form in which a backend may write them', () => {
  const marks = createCredentialMarks()
  marks.addSecret('me', secret)
  marks.addToken(token)
  const basic = Buffer.from(`me:${secret}`).toString('base64')
  for (const text of [secret, `secret=${encodeURIComponent(secret)}`, `Basic ${basic}`])
    assert.equal(marks.find(`{"x":"${text}"}`), 'client secret')
  for (const text of [token, `Bearer ${token}`, token.split('.')[2]!]) assert.equal(marks.find(`a ${text} b`), 'access token')
  assert.equal(marks.find('me, Basic, Bearer, eyJhbGciOiJub25lIn0'), undefined)
  assert.equal(marks.redact(`a ${token} b ${secret}`), 'a [redacted].[redacted] b [redacted]')
})

test('a private key is found as a JWK, in PEM and as a line of it, and an assertion without its signature', async () => {
  const marks = createCredentialMarks()
  const key = await createSandboxKey('ES256', 'k1')
  marks.addKey(key)
  marks.addAssertion('a')
  assert.equal(marks.find('a text with an a'), undefined, 'what is sent as an assertion may be any text')
  for (const text of [JSON.stringify(key.privateJwk), key.pem, key.pem.split('\n')[2]!]) {
    assert.equal(marks.find(text), 'private key')
    assert.ok(!marks.redact(text).includes(key.privateJwk['d']!))
  }
  assert.equal(marks.find(JSON.stringify(key.publicJwk)), undefined)
  const assertion = key.sign('eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJtZSJ9')
  marks.addAssertion(assertion)
  for (const text of [assertion, assertion.slice(0, -20)]) assert.equal(marks.findCredential(text), 'client assertion')
  marks.addToken(token)
  assert.equal(marks.findCredential(token), undefined)
})
