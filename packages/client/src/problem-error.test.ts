import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { problemDocument } from '@countersign/protocol'
import { ProblemError } from './problem-error.ts'
import { readProblem, throwIfProblem } from './read-problem.ts'

const document = problemDocument('https://auth.example.com', 'dpa-missing', { requestId: '019abc123456-00000001-00000002' })

function aProblem(body: unknown, headers: Record<string, string> = {}, status = 403): Response {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Response(text, { status, headers: { 'content-type': 'application/problem+json', ...headers } })
}

test('a problem of a guard is an error with its code, page, remedy and request id, and the body can still be read', async () => {
  const response = aProblem(document, { 'retry-after': '3' })
  const problem = await readProblem(response)
  assert.ok(problem instanceof ProblemError)
  assert.partialDeepStrictEqual(
    { ...problem },
    {
      code: 'dpa-missing',
      status: 403,
      type: 'https://auth.example.com/problems/dpa-missing',
      title: document.title,
      remedy: document.remedy,
      requestId: '019abc123456-00000001-00000002',
      retryAfterSeconds: 3,
      scope: undefined,
      errors: [],
    },
  )
  assert.match(problem.message, /^The API refused the request: dpa-missing \(HTTP 403\)\. .+ \(Request 019abc123456-00000001-00000002\)$/)
  assert.deepEqual(await response.json(), document)
})

test('throwIfProblem returns every other response', async () => {
  await assert.rejects(throwIfProblem(aProblem(document)), { name: 'ProblemError', code: 'dpa-missing' })
  for (const other of [Response.json({ ok: true }), Response.json(document, { status: 403 }), new Response('<html>', { status: 502 })])
    assert.equal(await throwIfProblem(other), other)
})

test('a status below 400 is no problem, whatever its media type', async () => {
  assert.equal(await readProblem(aProblem(document, {}, 200)), undefined)
})

const types: [type: unknown, code: string][] = [
  ['https://example.com/probs/out-of-credit', 'out-of-credit'],
  ['https://example.com/probs/out-of-credit/', 'out-of-credit'],
  ['urn:problem-type:quota', 'quota'],
  ['https://example.com/errors#quota', 'quota'],
  ['about:blank', 'http-403'],
  [undefined, 'http-403'],
  [7, 'http-403'],
]
for (const [type, code] of types)
  test(`the problem type ${JSON.stringify(type)} has the code ${code}`, async () => {
    assert.equal((await readProblem(aProblem({ type })))?.code, code)
  })

test('the invalid members of a request are in the error, at most 20', async () => {
  const errors = Array.from({ length: 30 }, (_, index) => ({ pointer: `/lines/${index}`, detail: 'Expected a number' }))
  const problem = await readProblem(aProblem({ ...document, errors: [null, 7, { pointer: '/a' }, ...errors] }))
  assert.deepEqual([problem?.errors.length, problem?.errors[0]], [17, { pointer: '/lines/0', detail: 'Expected a number' }])
})

const large = JSON.stringify({ ...document, padding: 'x'.repeat(70_000) })
for (const [what, body] of [
  ['no JSON', '{"type":'],
  ['too large', large],
  ['a list', '[]'],
  ['null', 'null'],
  ['empty', ''],
] as const)
  test(`a problem whose body is ${what} is described by its status and headers`, async () => {
    const problem = await readProblem(aProblem(body, { 'x-request-id': 'r-1' }))
    assert.partialDeepStrictEqual({ ...problem }, { code: 'http-403', title: 'HTTP 403', requestId: 'r-1', remedy: undefined })
  })

test('a body that was read, that breaks or that is no bytes does not throw', async () => {
  const read = aProblem(document)
  await read.text()
  assert.equal((await readProblem(read))?.code, 'http-403')
  const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('reset')) })
  const headers = { 'content-type': 'application/problem+json' }
  assert.equal((await readProblem(new Response(broken, { status: 503, headers })))?.code, 'http-503')
  for (const odd of [undefined, null, 7, 'text', {}, { status: 403 }, new Error('other')]) assert.equal(await readProblem(odd), undefined)
})

test('neither the token nor anything that looks like one gets into the error', async () => {
  const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhY21lIn0.c2lnbmF0dXJl'
  const echo = { ...document, detail: 'You sent Bearer abcdefgh12345678', remedy: `Do not send ${jwt}`, title: 'opaque-77 is wrong' }
  const problem = await readProblem(aProblem(echo), (text) => text.includes('opaque-77'))
  assert.doesNotMatch(`${problem?.stack} ${JSON.stringify(problem)}`, /abcdefgh12345678|eyJ|opaque-77/)
  assert.equal(problem?.code, 'dpa-missing')
})

test('a text costs no more than its length, whatever is in it', () => {
  const headers = { 'content-type': 'application/problem+json' }
  for (const part of ['-eyJ', 'eyJaaaaaaaa-', 'eyJaaaaaaaa.', 'a.', 'Bearer ', 'Bearer\t\t']) {
    const title = part.repeat(250_000)
    assert.equal(ProblemError.from({ response: { status: 400, headers, data: { title } } })?.status, 400)
  }
})

test('a text about tokens stays in the error', async () => {
  const { remedy } = problemDocument('https://auth.example.com', 'malformed-authorization', { requestId: 'r-1' })
  const problem = await readProblem(aProblem({ detail: 'Bearer authentication is required.', remedy }))
  assert.deepEqual([problem?.detail, problem?.remedy], ['Bearer authentication is required.', remedy])
})

test('ProblemError.from reads the errors of axios, got and ky', () => {
  const headers = { 'content-type': 'application/problem+json; charset=utf-8', 'retry-after': '9' }
  const axiosHeaders = { get: (name: string) => headers[name as keyof typeof headers] }
  const errors = {
    axios: { response: { status: 403, headers: axiosHeaders, data: document } },
    'axios with bytes': { response: { status: 403, headers: axiosHeaders, data: Buffer.from(JSON.stringify(document)) } },
    got: { response: { statusCode: 403, headers, body: JSON.stringify(document) } },
    ky: { response: new Response(null, { status: 403, headers }), data: document },
  }
  for (const [name, error] of Object.entries(errors)) {
    const problem = ProblemError.from(error)
    assert.partialDeepStrictEqual({ ...problem }, { code: 'dpa-missing', status: 403, retryAfterSeconds: 9 }, name)
    assert.equal(ProblemError.from(problem), problem)
  }
  for (const other of [undefined, null, 'text', new Error('reset'), { response: { status: 403, headers: {}, data: document } }])
    assert.equal(ProblemError.from(other), undefined)
})

test('the error is made of any document without throwing, in printable lines of bounded length', () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), (body, challenge) => {
      const headers = { 'content-type': 'application/problem+json', 'www-authenticate': challenge }
      const problem = ProblemError.from({ response: { statusCode: 418, headers, body } })
      assert.ok(problem)
      assert.match(problem.message, /^[\x20-\x7e]{1,2000}$/)
    }),
  )
})
