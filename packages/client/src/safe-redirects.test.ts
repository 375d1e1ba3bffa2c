import assert from 'node:assert/strict'
import { test } from 'node:test'
import ky from 'ky'
import { createClientOfApi } from './api.fixture.ts'
import { withBearer as withKy } from './ky.ts'
import { withBearer } from './with-bearer.ts'

const api = 'https://api.example.com'
const options = { origins: [api, 'https://more.example.com'] }

interface Hop {
  readonly url: string
  readonly method: string
  readonly authorization: string | null
  readonly body: string
}

/** A fetch that, left alone, follows redirects with all headers, as node-fetch does for subdomains and other ports. */
function createCarelessFetch(answers: Record<string, [status: number, location: string]>) {
  const hops: Hop[] = []
  const careless: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const { url, method, headers } = request
    hops.push({ url, method, authorization: headers.get('authorization'), body: await request.clone().text() })
    const [status = 200, location] = answers[url] ?? []
    if (location === undefined) return Response.json({ url })
    if (request.redirect === 'follow') return careless(location, { headers })
    return new Response(null, { status, headers: { location } })
  }
  return { careless, hops }
}

const calls = {
  fetch: (careless: typeof fetch, tokens: Parameters<typeof withBearer>[1]) => withBearer(careless, tokens, options),
  ky: (careless: typeof fetch, tokens: Parameters<typeof withBearer>[1]) => {
    const instance = withKy(ky.create({ retry: 0, fetch: careless, throwHttpErrors: false }), tokens, options)
    return (url: string, init?: RequestInit) => instance(url, init)
  },
}
for (const [name, attach] of Object.entries(calls)) {
  for (const elsewhere of ['https://sub.api.example.com/', 'https://api.example.com:8443/', 'https://evil.example/'])
    test(`${name} does not send the token to ${elsewhere} after a redirect, whatever its fetch would do`, async () => {
      const { tokens } = await createClientOfApi(5)
      const { careless, hops } = createCarelessFetch({ [`${api}/a`]: [302, '/b'], [`${api}/b`]: [307, elsewhere] })
      const response = await attach(careless, tokens)(`${api}/a`)
      assert.deepEqual(await response.json(), { url: elsewhere })
      assert.deepEqual(
        [response.redirected, hops.map(({ authorization }) => authorization)],
        [true, ['Bearer token-1', 'Bearer token-1', null]],
      )
    })

  test(`${name} follows redirects by the rules for methods, and with the token to another listed origin`, async () => {
    const { tokens } = await createClientOfApi(5)
    const { careless, hops } = createCarelessFetch({
      [`${api}/a`]: [308, 'https://more.example.com/b'],
      'https://more.example.com/b': [303, '/c'],
    })
    await attach(careless, tokens)(`${api}/a`, { method: 'POST', body: 'a=1' })
    assert.deepEqual(
      hops.map(({ method, authorization, body }) => `${method} ${authorization} ${body}`.trim()),
      ['POST Bearer token-1 a=1', 'POST Bearer token-1 a=1', 'GET Bearer token-1'],
    )
  })
}

test('a redirect that the caller wants to see is returned, and a loop ends', async () => {
  const { tokens } = await createClientOfApi(5)
  const { careless, hops } = createCarelessFetch({ [`${api}/loop`]: [302, '/loop'] })
  const callApi = withBearer(careless, tokens, options)
  assert.equal((await callApi(`${api}/loop`, { redirect: 'manual' })).status, 302)
  hops.length = 0
  await assert.rejects(callApi(`${api}/loop`), { name: 'TypeError', message: /redirected more than 20 times/ })
  assert.equal(hops.length, 21)
})

test('abuse 259: a redirect that would need a stream twice is an error', async () => {
  const { tokens } = await createClientOfApi(5)
  const { careless, hops } = createCarelessFetch({ [`${api}/a`]: [307, '/b'] })
  const body = new Blob(['a=1']).stream()
  const call = withBearer(careless, tokens, options)(`${api}/a`, { method: 'POST', body, duplex: 'half' } as RequestInit)
  await assert.rejects(call, { name: 'TypeError', message: /whose body is a stream/ })
  assert.equal(hops.length, 1)
})

test('a Request with a body becomes a GET without one, also over several redirects', async () => {
  const { tokens } = await createClientOfApi(5)
  const { careless, hops } = createCarelessFetch({ [`${api}/a`]: [302, '/b'], [`${api}/b`]: [307, '/c'] })
  const response = await withBearer(careless, tokens, options)(new Request(`${api}/a`, { method: 'POST', body: 'a=1' }))
  assert.deepEqual([response.status, hops.map(({ method, body }) => `${method} ${body}`)], [200, ['POST a=1', 'GET ', 'GET ']])
})
