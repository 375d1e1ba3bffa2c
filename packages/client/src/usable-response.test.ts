import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { exchangeJson, type Fetch } from './exchange.ts'
import { createTokenProvider, withBearer } from './index.ts'

const url = 'https://auth.example.com/token'
const token = { access_token: 'token-1', token_type: 'Bearer', expires_in: 300 }
const client = { tokenUrl: url, clientId: 'a', clientSecret: 'hunter2' }

/** What tests and old libraries return in place of a Response, and what the error says. */
const responses: [what: string, response: () => unknown, says: RegExp][] = [
  ['nothing, as a mock without an implementation', () => undefined, /"fetch" returned undefined in place of a response/],
  ['text', () => JSON.stringify(token), /"fetch" returned string in place of a response/],
  ['the parsed body', () => token, /the response of "fetch" has no number "status"/],
  ['no headers', () => ({ ok: true, status: 200, json: async () => token }), /has no "headers" with a function "get"/],
  ['plain headers', () => ({ status: 200, headers: { 'content-type': 'application/json' } }), /has no "headers" with a function "get"/],
  ['no body', () => ({ status: 200, headers: new Headers(), json: async () => token }), /has no "body"\./],
  ['a body of text', () => ({ status: 200, headers: new Headers(), body: 'x' }), /has a "body" that is no web stream/],
  [
    "Node's stream",
    () => ({ status: 200, headers: new Headers(), body: { pipe() {}, on() {} } }),
    /no web stream: it has no function "getReader"/,
  ],
  ['an error response', () => Response.error(), /has the status 0 \(type "error"\)/],
  [
    'chunks of text',
    () => new Response(new ReadableStream({ start: (c) => (c.enqueue('{}' as never), c.close()) })),
    /not bytes \(Uint8Array\) but string/,
  ],
]
for (const [what, response, says] of responses) {
  test(`fault 8.7: a fetch that returns ${what} is told so, by client and exchange, without a secret`, async () => {
    const fetch = (async () => response()) as Fetch
    await assert.rejects(exchangeJson(url, {}, { fetch, maxBytes: 1000, timeLimitMs: 5000 }), { code: 'unusable_fetch', message: says })
    await assert.rejects(createTokenProvider({ ...client, fetch }).getToken(), (error: Error & { code?: string }) => {
      assert.match(error.message, says)
      assert.match(error.message, /Pass a fetch that returns standard responses/)
      assert.doesNotMatch(error.message, /hunter2|could not be reached|proxy/)
      return error.code === 'unusable_fetch'
    })
  })
}

test('fault 8.7: a wrapper that reads the body is told to read a clone', async () => {
  for (const read of [(response: Response) => response.text(), async (response: Response) => void response.body?.getReader()]) {
    const fetch: Fetch = async () => {
      const response = Response.json(token)
      await read(response)
      return response
    }
    await assert.rejects(createTokenProvider({ ...client, fetch }).getToken(), /has a "body" that was already read; read a clone\(\)/)
  }
})

test('fault 8.7: in an environment without fetch, the error says so', async (t) => {
  t.mock.property(globalThis, 'fetch', undefined as never)
  await assert.rejects(createTokenProvider(client).getToken(), /there is no function "fetch" in this environment/)
  assert.throws(() => withBearer(undefined as never, {} as never, { origins: ['https://api.example.com'] }), /"fetch" must be a function/)
})

test('fault 8.7: withBearer says what the response of an API lacks, without the query', async () => {
  const tokens = { getToken: async () => 'token-1', ageSeconds: () => 1, invalidate() {} }
  for (const [response, says] of [
    [undefined, /returned undefined in place of a response/],
    [{ ok: true, json: async () => ({}) }, /has no number "status"/],
    [{ status: 200, json: async () => ({}) }, /has no "headers"/],
  ] as const) {
    const callApi = withBearer((async () => response) as never, tokens, { origins: ['https://api.example.com'] })
    await assert.rejects(callApi('https://api.example.com/orders?key=hunter2'), (error: Error) => {
      assert.match(error.message, says)
      return !error.message.includes('hunter2')
    })
  }
})

test('fault 8.7: a port that fetch refuses to use is named as such', async () => {
  const tokens = createTokenProvider({ ...client, tokenUrl: 'http://localhost:6667/token' })
  await assert.rejects(tokens.getToken(), /could not be reached \(bad port: fetch does not use this one\)/)
})

test('fault 8.7: bytes and errors of another global object, as in Jest, count as such', async () => {
  const bytes = runInNewContext(`Uint8Array.from(${JSON.stringify([...Buffer.from(JSON.stringify(token))])})`) as Uint8Array
  const fetch: Fetch = async () => new Response(new ReadableStream({ start: (c) => (c.enqueue(bytes), c.close()) }))
  assert.equal(await createTokenProvider({ ...client, fetch }).getToken(), 'token-1')
  const error: unknown = runInNewContext(
    `Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(), { code: 'ENOTFOUND' }) })`,
  )
  const failing: Fetch = () => Promise.reject(error as Error)
  await assert.rejects(createTokenProvider({ ...client, fetch: failing }).getToken(), /could not be reached \(ENOTFOUND\)/)
})
