import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetchJson, requireSecureUrl, type Fetch } from './fetch-json.ts'
import { json } from './remote.fixture.ts'

const url = 'https://auth.example.com/jwks'

function get(answer: () => Response | Promise<Response>) {
  const fetch: Fetch = async () => answer()
  return fetchJson(url, { fetch, maxBytes: 1000 })
}

/** An endless body: one chunk after the other, as fast as it is read. */
function endlessBody(chunk: Uint8Array, onCancel: () => void): ReadableStream {
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk), cancel: onCancel })
}

test('the result has the status, the ETag and the parsed body', async () => {
  const answer = await get(() => json({ keys: [] }, { headers: { etag: '"1"' } }))
  assert.deepEqual(answer, { status: 200, etag: '"1"', wwwAuthenticate: null, retryAfterSeconds: undefined, body: { keys: [] } })
})

test('the body of any status other than 200 is not read', async () => {
  let cancelled = false
  const answer = await get(
    () =>
      new Response(
        endlessBody(new Uint8Array(10), () => (cancelled = true)),
        { status: 503 },
      ),
  )
  assert.deepEqual(answer, { status: 503, etag: null, wwwAuthenticate: null, retryAfterSeconds: undefined, body: undefined })
  assert.ok(cancelled)
})

test('abuse 132: a body that never ends is cut off at the limit', async () => {
  let cancelled = false
  const endless = () => new Response(endlessBody(new Uint8Array(400), () => (cancelled = true)))
  await assert.rejects(get(endless), /more than 1000 bytes/)
  assert.ok(cancelled)
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
  await assert.rejects(
    get(() => new Response(new Uint8Array([0x22, 0xff, 0x22]))),
    /did not return JSON/,
  )
})

test('a read whose connection breaks, as when a node is lost, is made once more', async () => {
  const broken = () => Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) }))
  const answers = [broken, () => json({ keys: [] }), broken, broken]
  assert.deepEqual((await get(() => answers.shift()!())).body, { keys: [] })
  await assert.rejects(
    get(() => answers.shift()!()),
    /ECONNRESET/,
  )
  assert.deepEqual(answers, [])
})

test('a redirect is rejected', async () => {
  await assert.rejects(
    get(() => Response.redirect('https://evil.example')),
    { code: 'redirect' },
  )
})

test('a 304, which answers If-None-Match, is not a redirect', async () => {
  const answer = await get(() => new Response(null, { status: 304, headers: { etag: '"1"' } }))
  assert.deepEqual(answer, { status: 304, etag: '"1"', wwwAuthenticate: null, retryAfterSeconds: undefined, body: undefined })
})

test('an insecure URL is not requested', async () => {
  const fetch: Fetch = () => assert.fail('asked')
  await assert.rejects(fetchJson('http://auth.example.com/jwks', { fetch, maxBytes: 1000 }), TypeError)
})

const urls: [url: unknown, secure: boolean][] = [
  ['https://auth.example.com', true],
  ['http://localhost:8080/realms/nt24-idp', true],
  ['http://auth.localhost:8080', true],
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
  test(`${JSON.stringify(candidate)} is ${secure ? 'a secure URL' : 'rejected as a URL'}`, () => {
    if (secure) assert.ok(requireSecureUrl('issuer', candidate))
    else assert.throws(() => requireSecureUrl('issuer', candidate), { name: 'TypeError', message: /"issuer"/ })
  })
}
