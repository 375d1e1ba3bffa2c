import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exchangeRaw, postLines } from '../../test/raw-exchange.fixture.ts'
import { startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

const request = (...headers: string[]) => ['GET /problems HTTP/1.1', 'Host: localhost', ...headers, '', '']

/** Malformed requests, and the problem that each is answered with. */
const malformed: Record<string, readonly [lines: readonly string[], status: number, code: string]> = {
  'no HTTP at all': [['hello', '', ''], 400, 'invalid-request'],
  'the preface of HTTP/2': [['PRI * HTTP/2.0', '', 'SM', '', ''], 400, 'invalid-request'],
  'a header name with a space': [request('X y: 1'), 400, 'invalid-request'],
  'a folded header': [request('X-A: 1', ' 2'), 400, 'invalid-request'],
  'two lengths': [[...postLines('/problems', '', ['Content-Length: 5'])], 400, 'invalid-request'],
  'a length beside chunks': [request('Content-Length: 5', 'Transfer-Encoding: chunked'), 400, 'invalid-request'],
  'a header of 17 kB': [request(`X-A: ${'a'.repeat(17_000)}`), 431, 'request-header-too-large'],
}
for (const [what, [lines, status, code]] of Object.entries(malformed)) {
  test(`abuse 281: ${what} is answered with the problem "${code}", and the connection is closed`, async () => {
    const { listen } = await startTestServerOnAnyStore()
    const answer = await exchangeRaw(await listen(), lines)
    const [head, body = ''] = answer.replaceAll('\r', '').split('\n\n') as [string, string?]
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `))
    assert.match(head, /^Connection: close$/m)
    assert.match(head, /^Content-Type: application\/problem\+json$/m)
    const problem = JSON.parse(body) as { type: string; status: number; instance: string }
    assert.deepEqual([problem.type.split('/').at(-1), problem.status], [code, status])
    assert.ok(problem.instance.endsWith(/^X-Request-Id: (\S+)/m.exec(head)?.[1] ?? 'none'))
  })
}

const json = '{"window":604800}'
const repeatedHeaders: Record<string, readonly string[]> = {
  'Host header': [...request('Host: other.example', 'Connection: close')],
  'Host header of a token request': postLines('/auth/realms/prod/protocol/openid-connect/token', 'a=b', ['host: b', 'Connection: close']),
  'Content-Type header': [
    'POST /auth/realms/prod/v1/me/secret-rotation HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${json.length}`,
    'Connection: close',
    '',
    json,
  ],
}
for (const [what, lines] of Object.entries(repeatedHeaders)) {
  test(`fault 3.4: a second ${what} is 400, because a proxy may have read the other one`, async () => {
    const { listen } = await startTestServerOnAnyStore()
    const answer = await exchangeRaw(await listen(), lines)
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.match(answer, /"The request has more than one (?:Host|Content-Type) header\."/)
  })
}

test('fault 7.8: a method that HTTP does not have is named as such', async () => {
  const { listen } = await startTestServerOnAnyStore()
  const answer = await exchangeRaw(await listen(), ['FOO /problems HTTP/1.1', 'Host: localhost', '', ''])
  const { detail, remedy } = JSON.parse(answer.slice(answer.indexOf('{'))) as { detail: string; remedy: string }
  assert.match(detail, /^The method is none that HTTP defines, or this is not HTTP\/1\.1\.$/)
  assert.match(remedy, /^Send a well-formed HTTP\/1\.1 request/)
})

test('abuse 281: garbage after several valid requests gets no response that could be taken for one of theirs', async () => {
  const { listen } = await startTestServerOnAnyStore()
  const good = request().join('\r\n')
  const answers = await exchangeRaw(await listen(), [`${good}${good}${good}garbage`, '', ''])
  assert.doesNotMatch(answers, /HTTP\/1\.1 400/)
})

test('a malformed request is logged without its bytes', async () => {
  const { listen, log } = await startTestServerOnAnyStore({ settings: 'logLevel: debug' })
  await exchangeRaw(await listen(), ['GET /canary HTTP/1.1', 'Authorization : Bearer canary', '', ''])
  const line = log.find((text) => text.includes('rejected a malformed HTTP request'))
  assert.ok(line?.includes('"requestId"') && !line.includes('canary'), String(line))
})
