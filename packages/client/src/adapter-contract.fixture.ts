// What every adapter does, tried with the real library over real HTTP: one suite, so that a program may change its library and nothing else.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { BearerOptions } from './bearer-options.ts'
import { createHandClock } from './clock.fixture.ts'
import { ProblemError } from './problem-error.ts'
import { startApi, startTokenEndpoint, type RealAnswer } from './real-http.fixture.ts'
import type { TokenSource } from './renewal.ts'
import { createTokenProvider } from './token-provider.ts'

export interface ContractCall {
  readonly method?: string
  /** `stream: true` sends it as a stream. */
  readonly body?: string
  readonly stream?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface AdapterUnderTest {
  readonly name: string
  /** Sends by the library with its own defaults, but without repetitions of its own. Resolves also for the library's errors of a status. */
  readonly attach: (tokens: TokenSource, options: BearerOptions) => (url: string, call?: ContractCall) => Promise<{ status: number }>
}

/** The status of an error of a library. Any other error is thrown. */
export function statusOf(error: unknown): { status: number } {
  const { response, name } = (error ?? {}) as { response?: { status?: number; statusCode?: number }; name?: string }
  const status = response?.status ?? response?.statusCode
  if (status === undefined || name === 'AbortError') throw error // got's AbortError has the response before it.
  return { status }
}

const problem: RealAnswer = {
  status: 403,
  headers: {
    'content-type': 'application/problem+json',
    'x-request-id': '019abc123456-00000001-00000002',
    'www-authenticate': 'Bearer realm="api", error="insufficient_scope", scope="orders:write"',
  },
  body: JSON.stringify({
    type: 'https://auth.example.com/problems/insufficient-scope',
    title: 'The token lacks a scope',
    status: 403,
    detail: 'The request needs "orders:write".',
    remedy: 'Ask for the scope.',
  }),
}

const refusedFor = (status: number, seconds: number): RealAnswer => ({ status, headers: { 'retry-after': String(seconds) } })

/** With a first token that is five seconds old. */
async function start(
  t: TestContext,
  adapter: AdapterUnderTest,
  { rejected = [], ...options }: Partial<BearerOptions> & { rejected?: string[] } = {},
) {
  const { tokenUrl, issued } = await startTokenEndpoint(t)
  const api = await startApi(t, new Set(rejected))
  const clock = createHandClock()
  const tokens = createTokenProvider({ tokenUrl, clientId: 'api-client-acme', clientSecret: 's3cret', clock })
  await tokens.getToken()
  await clock.advance(5)
  const send = adapter.attach(tokens, { origins: [api.origin], ...options })
  return { api, issued, clock, tokens, send: (path: string, call?: ContractCall) => send(`${api.origin}${path}`, call), sendTo: send }
}

/** No wait, so that tests need no time. */
const atOnce = { random: () => 0 }

export function contractOf(adapter: AdapterUnderTest): void {
  const { name } = adapter

  test(`${name} sends the token to a listed origin`, async (t) => {
    const { api, send } = await start(t, adapter)
    assert.equal((await send('/v1/me', { headers: { 'x-mine': '1' } })).status, 200)
    assert.deepEqual(api.calls, ['GET /v1/me Bearer token-1'])
  })

  test(`${name} sends the token in place of the caller's Authorization header`, async (t) => {
    const { api, send } = await start(t, adapter)
    await send('/v1/me', { headers: { Authorization: 'Basic eDp5' } })
    assert.deepEqual(api.calls, ['GET /v1/me Bearer token-1'])
  })

  test(`${name} fails with a TypeError for an origin that is not listed, and sends nothing`, async (t) => {
    const { api, sendTo } = await start(t, adapter)
    const elsewhere = await startApi(t)
    await assert.rejects(sendTo(`${elsewhere.origin}/me`), { name: 'TypeError', message: /the token is not sent to/ })
    assert.deepEqual([api.calls, elsewhere.calls], [[], []])
  })

  test(`${name} fails with the error of the token request`, async (t) => {
    const { send, clock, tokens } = await start(t, adapter)
    await clock.advance(300)
    tokens.updateSecret('wrong')
    await assert.rejects(send('/me'), { name: 'TokenRequestError', code: 'invalid_client' })
  })

  test(`abuse 249: ${name} renews a rejected token and repeats the request once, with the same body`, async (t) => {
    const { api, send, issued } = await start(t, adapter, { rejected: ['token-1'] })
    assert.equal((await send('/orders', { method: 'POST', body: 'a=1', headers: { 'content-type': 'text/plain' } })).status, 200)
    assert.deepEqual(api.calls, ['POST /orders Bearer token-1 a=1', 'POST /orders Bearer token-2 a=1'])
    assert.equal(issued(), 2)
  })

  test(`abuse 249: ${name} repeats a request only once, and an API that rejects every token costs one renewal`, async (t) => {
    const { api, send, issued } = await start(t, adapter, { rejected: ['token-1', 'token-2', 'token-3'] })
    for (let call = 0; call < 3; call++) assert.equal((await send('/me')).status, 401)
    assert.deepEqual(
      api.calls.map((call) => call.split(' ').at(-1)),
      ['token-1', 'token-2', 'token-2', 'token-2'],
    )
    assert.equal(issued(), 2)
  })

  test(`abuse 249: ${name} fails with the error of the token request if a rejected token cannot be renewed`, async (t) => {
    const { api, send, tokens } = await start(t, adapter, { rejected: ['token-1'] })
    tokens.updateSecret('wrong')
    await assert.rejects(send('/me'), { name: 'TokenRequestError' })
    assert.deepEqual(api.calls, ['GET /me Bearer token-1'])
  })

  test(`abuse 249: 50 requests by ${name} that are rejected together cause one token request`, async (t) => {
    const { send, issued } = await start(t, adapter, { rejected: ['token-1'] })
    const answers = await Promise.all(Array.from({ length: 50 }, () => send('/me')))
    assert.ok(answers.every(({ status }) => status === 200))
    assert.equal(issued(), 2)
  })

  for (const [what, answer] of [
    ['403', { status: 403 }],
    ['401 insufficient_scope', { status: 401, headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } }],
    ['503', { status: 503 }],
    ['429 with Retry-After', refusedFor(429, 0)],
  ] as const)
    test(`abuse 249: ${name} returns a ${what} without a renewal or a repetition`, async (t) => {
      const { api, send, issued } = await start(t, adapter)
      api.answers.push(answer)
      assert.equal((await send('/me')).status, answer.status)
      assert.deepEqual([api.calls.length, issued()], [1, 1])
    })

  test(`abuse 259: ${name} does not repeat a stream, and the next request has a new token`, async (t) => {
    const { api, send } = await start(t, adapter, { rejected: ['token-1'], retryAfter: atOnce })
    assert.equal((await send('/orders', { method: 'POST', body: 'a=1', stream: true })).status, 401)
    api.answers.push(refusedFor(429, 0))
    assert.equal((await send('/orders', { method: 'POST', body: 'a=2', stream: true })).status, 429)
    assert.deepEqual(api.calls, ['POST /orders Bearer token-1 a=1', 'POST /orders Bearer token-2 a=2'])
  })

  test(`${name} removes the token at a redirect to another origin, and a 401 from there does not renew it`, async (t) => {
    const { api, send, issued } = await start(t, adapter)
    const elsewhere = await startApi(t)
    assert.equal((await send(`/redirect?to=${elsewhere.origin}/steal`)).status, 401)
    assert.deepEqual(api.calls, ['GET /redirect Bearer token-1'])
    assert.deepEqual(elsewhere.calls, ['GET /steal none'])
    assert.equal(issued(), 1)
  })

  test(`the signal of a request by ${name} aborts its wait for a token`, async (t) => {
    const { tokenUrl } = await startTokenEndpoint(t)
    const api = await startApi(t)
    const asked = Promise.withResolvers<void>()
    const never = new Promise<Response>(() => {})
    const fetch = () => (asked.resolve(), never)
    const tokens = createTokenProvider({ tokenUrl, clientId: 'api-client-acme', clientSecret: 's3cret', clock: createHandClock(), fetch })
    const abort = new AbortController()
    const call = adapter.attach(tokens, { origins: [api.origin] })(`${api.origin}/me`, { signal: abort.signal })
    const rejected = assert.rejects(call, { name: /AbortError|CanceledError/ })
    await asked.promise
    abort.abort()
    await rejected
    assert.deepEqual(api.calls, [])
  })

  test(`abuse 259: with retryAfter ${name} repeats after 429, and after 503 what is idempotent or has a key for it`, async (t) => {
    const { api, send, issued } = await start(t, adapter, { retryAfter: atOnce })
    const post = { method: 'POST', body: 'a=1' }
    const answersTo = async (status: number, call?: ContractCall) => {
      api.calls.length = 0
      api.answers.push(refusedFor(status, 0))
      const answer = await send('/orders', call)
      api.answers.length = 0
      return [answer.status, api.calls.length]
    }
    assert.deepEqual(await answersTo(429), [200, 2])
    assert.deepEqual(await answersTo(503), [200, 2])
    assert.deepEqual(await answersTo(429, post), [200, 2])
    assert.deepEqual(await answersTo(503, post), [503, 1])
    assert.deepEqual(await answersTo(503, { ...post, headers: { 'idempotency-key': 'order-7' } }), [200, 2])
    assert.deepEqual(api.calls, ['POST /orders Bearer token-1 a=1', 'POST /orders Bearer token-1 a=1'])
    assert.equal(issued(), 1)
  })

  test(`abuse 259: with retryAfter ${name} repeats neither without the header, nor for longer or more often than its bounds`, async (t) => {
    const { api, send } = await start(t, adapter, { retryAfter: { ...atOnce, maxAttempts: 3, maxWaitSeconds: 10 } })
    api.answers.push({ status: 503 })
    assert.equal((await send('/me')).status, 503)
    api.answers.push(refusedFor(429, 11))
    assert.equal((await send('/me')).status, 429)
    assert.equal(api.calls.length, 2)
    api.answers.push(...Array.from({ length: 5 }, () => refusedFor(429, 0)))
    assert.equal((await send('/me')).status, 429)
    assert.equal(api.calls.length, 5)
  })

  test(`with retryAfter ${name} renews a token that was rejected after a wait`, async (t) => {
    const { api, send } = await start(t, adapter, { rejected: ['token-1'], retryAfter: atOnce })
    api.answers.push(refusedFor(503, 0))
    assert.equal((await send('/me')).status, 200)
    assert.deepEqual(
      api.calls.map((call) => call.split(' ').at(-1)),
      ['token-1', 'token-1', 'token-2'],
    )
  })

  test(`the signal of a request by ${name} ends a wait of retryAfter`, async (t) => {
    const abort = new AbortController()
    // Called when the wait is about to begin.
    const random = () => {
      setImmediate(() => abort.abort())
      return 0
    }
    const { api, send } = await start(t, adapter, { retryAfter: { random } })
    api.answers.push(refusedFor(429, 50))
    await assert.rejects(send('/me', { signal: abort.signal }), { name: /AbortError|CanceledError/ })
    assert.equal(api.calls.length, 1)
  })

  test(`with throwProblems ${name} throws a ProblemError with code, remedy and request id`, async (t) => {
    const { api, send } = await start(t, adapter, { throwProblems: true })
    api.answers.push(problem)
    const expected = {
      name: 'ProblemError',
      code: 'insufficient-scope',
      status: 403,
      remedy: 'Ask for the scope.',
      requestId: '019abc123456-00000001-00000002',
      scope: 'orders:write',
    }
    await assert.rejects(send('/me'), (error: Error) => {
      assert.ok(error instanceof ProblemError)
      assert.partialDeepStrictEqual({ ...error }, expected)
      return !`${error.message} ${JSON.stringify(error)}`.includes('token-1')
    })
  })

  test(`with throwProblems ${name} leaves a refusal that is no problem as it is, and reads a damaged one by its headers`, async (t) => {
    const { api, send } = await start(t, adapter, { throwProblems: true })
    api.answers.push({ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' })
    assert.equal((await send('/me')).status, 502)
    api.answers.push({ status: 429, headers: { 'content-type': 'application/problem+json', 'retry-after': '7' }, body: '{"type":' })
    await assert.rejects(send('/me'), { name: 'ProblemError', code: 'http-429', retryAfterSeconds: 7 })
  })
}
