import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from './clock.fixture.ts'
import { exchangeJson, type ExchangeOptions, type Fetch } from './exchange.ts'
import { TokenRequestError } from './token-request-error.ts'

const url = 'https://auth.example.com/jwks'

function exchangeWith(fetch: Fetch, options: Partial<ExchangeOptions> = {}) {
  return exchangeJson(url, {}, { fetch, maxBytes: 1000, timeLimitMs: 5000, ...options })
}

function answerWith(answer: () => Response | Promise<Response>, options?: Partial<ExchangeOptions>) {
  return exchangeWith(async () => answer(), options)
}

/** A body of one chunk after the other, as fast as it is read; `undefined` stalls the body. */
function endlessBody(chunk: Uint8Array | undefined, onCancel = () => {}): ReadableStream {
  return new ReadableStream({ pull: (controller) => (chunk ? controller.enqueue(chunk) : new Promise(() => {})), cancel: onCancel })
}

test('the request asks for JSON, keeps its own headers, and follows no redirect', async () => {
  let sent: RequestInit = {}
  const fetch: Fetch = async (_, init) => {
    sent = init
    return Response.json({})
  }
  await exchangeJson(url, { method: 'POST', headers: { 'if-none-match': '"1"' } }, { fetch, maxBytes: 1000, timeLimitMs: 5000 })
  assert.deepEqual(Object.fromEntries(new Headers(sent.headers)), { accept: 'application/json', 'if-none-match': '"1"' })
  assert.deepEqual([sent.method, sent.redirect], ['POST', 'manual'])
})

test('the result has the status, the headers and the parsed body, for any status', async () => {
  for (const status of [200, 400, 503]) {
    const answer = await answerWith(() => Response.json({ a: 'ä' }, { status, headers: { etag: '"1"' } }))
    assert.deepEqual([answer.status, answer.headers.get('etag'), answer.body], [status, '"1"', { a: 'ä' }])
  }
})

test('the body of an error is cancelled unread if it is not requested', async () => {
  let cancelled = false
  const endless = () =>
    new Response(
      endlessBody(new Uint8Array(10), () => void (cancelled = true)),
      { status: 503 },
    )
  const { status, body } = await answerWith(endless, { readsErrorBodies: false })
  assert.deepEqual([status, body, cancelled], [503, undefined, true])
})

for (const [what, body] of [
  ['HTML', '<html>'],
  ['nothing', ''],
  ['half a document', '{"keys":['],
  ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x31, 0])],
] as const)
  test(`abuse 131: ${what} is not JSON`, async () => assert.equal((await answerWith(() => new Response(body))).body, undefined))

test('a character that is split across two chunks is decoded as one', async () => {
  const [first, second] = [new Uint8Array([0x22, 0xc3]), new Uint8Array([0xa4, 0x22])]
  const body = new ReadableStream({
    start: (controller) => [first, second].forEach((chunk) => controller.enqueue(chunk)) ?? controller.close(),
  })
  assert.equal((await answerWith(() => new Response(body))).body, 'ä')
})

test('abuse 132: a body that never ends is cut off at the limit', async () => {
  let cancelled = false
  const endless = () => new Response(endlessBody(new Uint8Array(400), () => void (cancelled = true)))
  await assert.rejects(answerWith(endless), { name: 'ExchangeError', code: 'response_too_large', message: /more than 1000 bytes/ })
  assert.ok(cancelled)
})

test('a body of exactly the limit is read', async () => {
  assert.equal(((await answerWith(() => new Response(`"${'x'.repeat(998)}"`))).body as string).length, 998)
})

for (const [what, answer] of [
  ['a body that stalls', () => new Response(endlessBody(undefined))],
  ['a fetch that does not listen to its signal', () => new Promise<never>(() => {})],
] as const)
  test(`abuse 132: ${what} is aborted after the time limit, and leaves no timer`, async () => {
    const clock = createHandClock()
    const timedOut = assert.rejects(answerWith(answer, { clock }), { code: 'timeout', message: /did not answer completely within 5 s/ })
    await clock.advance(5)
    await timedOut
    assert.equal(clock.pendingTimers(), 0)
  })

for (const status of [300, 301, 302, 303, 305, 307, 308])
  test(`a ${status} is rejected as a redirect`, () =>
    assert.rejects(
      answerWith(() => new Response(null, { status })),
      { code: 'redirect', status },
    ))

test('a redirect that fetch followed anyway is not read', async () => {
  const followed = () => Object.defineProperty(Response.json({}), 'redirected', { value: true })
  await assert.rejects(answerWith(followed), { code: 'redirect' })
})

test('a 304 is not a redirect: it answers If-None-Match', async () => {
  assert.equal((await answerWith(() => new Response(null, { status: 304 }))).status, 304)
})

test('of an error of fetch only the code is kept, because it may contain the request', async () => {
  const failed = Object.assign(new Error('s3cret'), { code: 'ENOTFOUND', request: 's3cret' })
  const error = await exchangeWith(() => Promise.reject(failed)).catch((caught: unknown) => caught as Error)
  assert.deepEqual([error.constructor.name, (error as Error).message], ['ExchangeError', `"${url}" could not be reached (ENOTFOUND).`])
  assert.equal((error as Error).cause, undefined)
})

test('a TokenRequestError thrown by a fetch that adds tokens is passed on', async () => {
  const failure = new TokenRequestError({ code: 'invalid_client', summary: 'Refused.' })
  await assert.rejects(
    exchangeWith(() => Promise.reject(failure)),
    (error) => error === failure,
  )
})
