import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchJson, requireSecureUrl, type Fetch } from './fetch-json.ts'
import { json } from './remote.fixture.ts'

const url = 'https://auth.example.com/jwks'

function get(answer: () => Response | Promise<Response>, timeoutMs = 5000) {
  const fetch: Fetch = async () => answer()
  return fetchJson(url, { fetch, maxBytes: 1000, timeoutMs })
}

/** A body that never ends: one chunk after the other, as fast as it is read or not at all. */
function endlessBody(chunk: Uint8Array | undefined, onCancel: () => void): ReadableStream {
  return new ReadableStream({ pull: (controller) => (chunk ? controller.enqueue(chunk) : new Promise(() => {})), cancel: onCancel })
}

test('the answer has its status, its ETag and the parsed body', async () => {
  const answer = await get(() => json({ keys: [] }, { headers: { etag: '"1"' } }))
  assert.deepEqual(answer, { status: 200, etag: '"1"', body: { keys: [] } })
})

test('the body of another status than 200 is not read', async () => {
  let cancelled = false
  const answer = await get(
    () =>
      new Response(
        endlessBody(new Uint8Array(10), () => (cancelled = true)),
        { status: 503 },
      ),
  )
  assert.deepEqual(answer, { status: 503, etag: null, body: undefined })
  assert.ok(cancelled)
})

test('abuse 132: a body that never ends is cut off at the limit', async () => {
  let cancelled = false
  const endless = () => new Response(endlessBody(new Uint8Array(400), () => (cancelled = true)))
  await assert.rejects(get(endless), /more than 1000 bytes/)
  assert.ok(cancelled)
})

test('abuse 132: a body that stalls is given up after the time limit', async () => {
  await assert.rejects(
    get(() => new Response(endlessBody(undefined, () => {})), 10),
    /did not respond within 10 ms/,
  )
})

test('abuse 132: a fetch that does not listen to its signal is given up after the time limit', async () => {
  await assert.rejects(
    get(() => new Promise(() => {}), 10),
    /did not respond within 10 ms/,
  )
})

for (const body of ['<html>', '', '{"keys":[', 'undefined']) {
  test(`abuse 131: the body ${JSON.stringify(body)} is not JSON`, async () => {
    await assert.rejects(
      get(() => new Response(body)),
      /did not return JSON/,
    )
  })
}

test('invalid UTF-8 is not repaired', async () => {
  await assert.rejects(get(() => new Response(new Uint8Array([0x22, 0xff, 0x22]))))
})

test('a redirect is refused: fetch is told so, and one that it followed nevertheless is not read', async () => {
  let redirect: string | undefined
  const fetch: Fetch = async (_, init) => {
    redirect = init?.redirect
    return Object.defineProperty(json({}), 'redirected', { value: true })
  }
  await assert.rejects(fetchJson(url, { fetch, maxBytes: 1000 }), /returned a redirect/)
  assert.equal(redirect, 'error')
})

const urls: [url: unknown, secure: boolean][] = [
  ['https://auth.example.com', true],
  ['http://localhost:8080/realms/nt24-idp', true],
  ['http://127.0.0.1:8080', true],
  ['http://[::1]:8080', true],
  ['http://auth.example.com', false],
  ['http://localhost.example.com', false],
  ['http://127.0.0.1.example.com', false],
  ['https://user:password@auth.example.com', false],
  ['file:///etc/passwd', false],
  ['auth.example.com', false],
  ['', false],
  [undefined, false],
  [{}, false],
]
for (const [candidate, secure] of urls) {
  test(`${JSON.stringify(candidate)} is ${secure ? 'a secure URL' : 'refused as a URL'}`, () => {
    if (secure) assert.ok(requireSecureUrl('issuer', candidate))
    else assert.throws(() => requireSecureUrl('issuer', candidate), { name: 'TypeError', message: /"issuer"/ })
  })
}
