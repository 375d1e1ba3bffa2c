import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems } from '@countersign/protocol'
import { startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

const { request } = await startTestServerOnAnyStore()
const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

test('every problem of the catalogue has a page, in JSON and in HTML', async () => {
  for (const [code, { status, title, causes }] of Object.entries(problems)) {
    const document = (await request({ url: `/problems/${code}` })).json()
    assert.deepEqual([document.type, document.status, document.causes], [`http://localhost:8080/problems/${code}`, status, causes])
    const page = await request({ url: `/problems/${code}`, headers: browser })
    assert.match(String(page.headers['content-type']), /^text\/html/)
    assert.ok(page.body.includes(title))
    for (const { remedy } of causes)
      assert.ok(page.body.includes(remedy.replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')))
  }
})

test('the list has every problem, in JSON and in HTML', async () => {
  const list = (await request({ url: '/problems' })).json().problems as { code: string }[]
  assert.deepEqual(
    list.map(({ code }) => code),
    Object.keys(problems),
  )
  const page = (await request({ url: '/problems', headers: browser })).body
  for (const code of Object.keys(problems)) assert.ok(page.includes(`href="/problems/${code}"`))
})

for (const [accept, type] of [
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['application/json', 'application/json'],
  ['application/problem+json', 'application/json'],
  ['application/json, text/html;q=0.5', 'application/json'],
  ['text/html', 'text/html'],
  ['text/html;q=0.5, application/json;q=0.4', 'text/html'],
] as const) {
  test(`Accept: ${accept ?? 'none'} gets ${type}`, async () => {
    const response = await request({ url: '/problems/invalid-client', ...(accept && { headers: { accept } }) })
    assert.ok(String(response.headers['content-type']).startsWith(type))
    assert.equal(response.headers['vary'], 'accept')
  })
}

for (const code of ['nonsense', 'toString', '__proto__', 'x'.repeat(200), 'invalid-client%2F..']) {
  test(`the unknown problem "${code.slice(0, 20)}" is not found`, async () => {
    const response = await request({ url: `/problems/${code}`, headers: browser })
    assert.equal(response.statusCode, 404)
    assert.match(response.json().type, /\/not-found$/)
  })
}

test('a page runs no script, loads nothing and cannot be framed', async () => {
  const { headers, body } = await request({ url: '/problems', headers: browser })
  assert.match(
    String(headers['content-security-policy']),
    /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  )
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.ok(!/<script|src=|url\(|@import/i.test(body))
})
