import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { problemFixes, problems, type ProblemCode } from '@countersign/protocol'
import { escapeHtml } from '../http/html-page.ts'
import { startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

const { request } = await startTestServerOnAnyStore()
const form = {
  method: 'POST',
  url: '/realms/nt24-idp/protocol/openid-connect/token',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
} as const
const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

test('every problem of the catalogue has a page, in JSON and in HTML', async () => {
  for (const [code, { status, title, causes }] of Object.entries(problems)) {
    const document = (await request({ url: `/problems/${code}` })).json()
    assert.deepEqual([document.type, document.status, document.causes], [`http://localhost:8080/problems/${code}`, status, causes])
    const page = await request({ url: `/problems/${code}`, headers: browser })
    assert.match(String(page.headers['content-type']), /^text\/html/)
    assert.ok(page.body.includes(title))
    for (const { remedy } of causes) assert.ok(page.body.includes(escapeHtml(remedy)))
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

test('what only this server answers with stands apart in the list from what an API of the provider does', async () => {
  const { body } = await request({ url: '/problems', headers: browser })
  const [, , api = '', server = ''] = body.split(/<section class="surface"/)
  const isIn = (section: string, code: ProblemCode) => section.includes(`href="/problems/${code}"`)
  for (const code of ['rate-limited', 'partner-not-authorized', 'untrusted-peer', 'internal-error'] as const)
    assert.deepEqual([isIn(api, code), isIn(server, code)], [true, false], code)
  for (const code of ['conflict', 'signed-out', 'no-rotation', 'owner-required'] as const)
    assert.deepEqual([isIn(api, code), isIn(server, code)], [false, true], code)
  const page = (await request({ url: '/problems/conflict', headers: browser })).body
  assert.ok(page.includes('href="/problems#server"') && body.includes('id="server"'))
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
    const response = await request({ url: `/problems/${code}` })
    assert.equal(response.statusCode, 404)
    assert.match(response.json().type, /\/not-found$/)
    const page = await request({ url: `/problems/${code}`, headers: browser })
    assert.deepEqual([page.statusCode, page.headers['content-type']], [404, 'text/html; charset=utf-8'])
    assert.ok(page.body.includes('The catalogue has no problem of that name.') && !page.body.includes('nonsense'))
  })
}

test('a page loads nothing but the script of the list, runs nothing else and cannot be framed', async () => {
  for (const [url, script] of [
    ['/problems', '/problems/search.js'],
    ['/problems/invalid-client', undefined],
  ] as const) {
    const { headers, body } = await request({ url, headers: browser })
    const [scripts, others] = String(headers['content-security-policy']).split(/; (?=style-src)/)
    assert.equal(scripts, `default-src 'none'${script === undefined ? '' : "; script-src 'self'"}`)
    assert.match(
      String(others),
      /^style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'$/,
    )
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.deepEqual(
      [...body.matchAll(/<script[^>]*|src=[^>]*|url\(|@import| on\w+=| style=/gi)].map(([found]) => found).join(),
      script === undefined ? '' : `<script src="${script}"`,
    )
  }
})

test('the script of the list is served as one', async () => {
  const { headers, body } = await request({ url: '/problems/search.js', headers: browser })
  assert.deepEqual([headers['content-type'], headers['x-content-type-options']], ['text/javascript; charset=utf-8', 'nosniff'])
  for (const code of Object.keys(problems)) assert.ok(body.includes(`"${code}":`), code)
})

test('the page of a problem says who can fix it, and by which command', async () => {
  const textOf = async (code: string) =>
    unescapeHtml((await request({ url: `/problems/${code}`, headers: browser })).body.replaceAll(/<span class="word">|<\/span>/g, ''))
  assert.match(
    await textOf('organization-suspended'),
    /The operator of this server<\/h3><p>Resume the organization\.<\/p><pre><code>countersign organization resume ORGANIZATION --realm REALM</,
  )
  for (const [code, fixes] of Object.entries(problemFixes)) {
    const page = await textOf(code)
    for (const { step, command } of fixes) assert.ok(page.includes(step) && page.includes(command ?? ''), code)
  }
})

/** The answers of this server, by requests that need no token. */
const answered = {
  'not-found': { url: '/nothing' },
  'method-not-allowed': { method: 'DELETE', url: '/problems' },
  'token-method-not-allowed': { url: '/realms/nt24-idp/protocol/openid-connect/token' },
  'wrong-realm': { url: '/realms/nothing/protocol/openid-connect/token' },
  'invalid-client': { ...form, payload: 'grant_type=client_credentials&client_id=a&client_secret=b' },
  'wrong-grant-type': { ...form, payload: 'grant_type=password' },
  'token-request-encoded': { ...form, payload: 'x', headers: { ...form.headers, 'content-encoding': 'gzip' } },
  'missing-token': { url: '/admin/v1/realms' },
  'malformed-authorization': { url: '/admin/v1/realms', headers: { authorization: 'Bearer' } },
  'invalid-token': { url: '/admin/v1/realms', headers: { authorization: 'Bearer x' } },
} as const satisfies { readonly [Code in ProblemCode]?: InjectOptions }

for (const [code, asked] of Object.entries(answered)) {
  test(`the example on the page of ${code} is what the server answers`, async () => {
    const { statusCode, headers, body } = await request(asked)
    const page = (await request({ url: `/problems/${code}`, headers: browser })).body
    const [, example = ''] = /Example answer.*?<pre><code>(.*?)<\/code>/s.exec(page) ?? []
    const [head = '', shown = ''] = unescapeHtml(example).split('\n\n')
    const [statusLine = '', ...lines] = head.split('\n')
    const shownHeaders = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
    const { date: _date, 'content-length': _length, connection: _connection, ...sent } = headers
    assert.equal(Number(statusLine.split(' ')[1]), statusCode)
    assert.deepEqual(Object.keys(JSON.parse(shown)), Object.keys(JSON.parse(body)))
    assert.deepEqual(new Set(['connection', ...Object.keys(shownHeaders)]), new Set(['connection', ...Object.keys(sent)]))
    for (const [name, value] of Object.entries(shownHeaders))
      if (!['x-request-id', 'www-authenticate', 'connection', 'allow'].includes(name))
        assert.equal(value, String(sent[name]).replace('json; charset=utf-8', 'json'), name)
  })
}

function unescapeHtml(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
