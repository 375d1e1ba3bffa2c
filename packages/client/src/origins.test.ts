import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Origins } from './origins.ts'

const origins = new Origins('withBearer', ['https://api.example.com', 'http://127.0.0.1:8081', 'http://[::1]:8081'])

for (const listed of ['https://api.example.com/v1/me?x=1', 'https://API.example.com:443/', 'http://127.0.0.1:8081/', 'http://[::1]:8081/'])
  test(`the token goes to ${listed}`, () => assert.doesNotThrow(() => origins.assertIncludes(listed)))

const foreign = [
  'http://api.example.com/',
  'https://api.example.com:8443/',
  'https://api.example.com.evil.example/',
  'https://api.example.com@evil.example/',
  'https://sub.api.example.com/',
  'http://127.0.0.1:8082/',
]
for (const url of foreign)
  test(`the token does not go to ${url}`, () => {
    const message = `withBearer: the token is not sent to "${new URL(url).origin}"; allowed origins are "https://api.example.com"`
    assert.throws(
      () => origins.assertIncludes(url),
      (error) => error instanceof TypeError && error.message.startsWith(message),
    )
  })

test('a relative URL is rejected, because its origin is unknown', () => {
  assert.throws(() => origins.assertIncludes('/v1/me'), /by a relative URL/)
})

for (const wrong of [
  'http://api.example.com',
  'https://api.example.com/',
  'https://api.example.com/v1',
  'https://user@api.example.com',
  'api.example.com',
  '*',
  '',
  null,
])
  test(`${JSON.stringify(wrong)} is not a valid origin for the list`, () => {
    const listed = ['https://api.example.com', wrong as string]
    assert.throws(() => new Origins('attachBearer', listed), {
      name: 'TypeError',
      message: /^attachBearer: "origins\[1\]" must be an https origin/,
    })
  })

test('a listed origin with a password is rejected without repeating it, and so is what is no text', () => {
  const refused = (listed: unknown, found: RegExp) =>
    assert.throws(
      () => new Origins('attachBearer', [listed as string]),
      (error: Error) => error instanceof TypeError && found.test(error.message) && !error.message.includes('pw-7'),
    )
  refused('https://joe:pw-7@api.example.com', /found one with credentials$/)
  refused(5n, /found bigint$/)
  refused({ secret: 'pw-7' }, /found object$/)
})

test('an empty list is rejected', () => {
  assert.throws(() => new Origins('withBearer', []), { name: 'TypeError', message: /at least one origin/ })
})
