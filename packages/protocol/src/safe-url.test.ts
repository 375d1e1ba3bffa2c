import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSafeUrl } from './safe-url.ts'

for (const safe of [
  'https://auth.example.com/token',
  'http://localhost:8080/token',
  'http://a.localhost/',
  'http://127.1.2.3/',
  'http://[::1]/',
  'http://0x7f.1/',
])
  test(`a secret may be sent to ${safe}`, () => assert.equal(parseSafeUrl(safe)?.href, new URL(safe).href))

const unsafe = [
  'http://auth.example.com/token',
  'http://localhost.example.com/',
  'http://evillocalhost/',
  'http://127.0.0.1.example.com/',
  'http://[::2]/',
  'https://user:password@auth.example.com/',
  'ftp://localhost/',
  '/token',
  '',
  undefined,
  {},
  new URL('https://auth.example.com'),
]
for (const url of unsafe) test(`a secret may not be sent to "${url}"`, () => assert.equal(parseSafeUrl(url), undefined))
