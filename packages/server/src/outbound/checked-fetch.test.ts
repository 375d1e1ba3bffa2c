import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { text } from 'node:stream/consumers'
import { createCheckedFetch, type CheckedFetchOptions } from './checked-fetch.ts'
import { createOutboundRules } from './outbound-rules.ts'

const here = createOutboundRules({ privateAddresses: ['127.0.0.0/8'] })
const publicOnly = createOutboundRules({ privateAddresses: [] })

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const fetchFrom = async (answer: RequestListener, init: RequestInit = {}, options?: CheckedFetchOptions) =>
  createCheckedFetch(here, options)(await serve(answer), init)

test('a form is posted with its headers, and status, media type and body come back', async () => {
  const response = await fetchFrom(
    async (request, answer) => {
      const { authorization, 'content-type': type } = request.headers
      answer.writeHead(400, { 'content-type': 'application/json', 'set-cookie': 'a=b' })
      answer.end(JSON.stringify([request.method, authorization, type, await text(request)]))
    },
    {
      method: 'POST',
      headers: { authorization: 'Basic eA==', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ code: 'a b' }),
    },
  )
  assert.deepEqual(
    [response.status, response.headers.get('content-type'), response.headers.get('set-cookie')],
    [400, 'application/json', null],
  )
  assert.deepEqual(await response.json(), ['POST', 'Basic eA==', 'application/x-www-form-urlencoded', 'code=a+b'])
})

test('a header of a challenge is passed on, but none that is longer than any', async () => {
  const challengeOf = async (value: string) =>
    (await fetchFrom((_, answer) => answer.writeHead(401, { 'www-authenticate': value }).end())).headers.get('www-authenticate')
  assert.equal(await challengeOf('Bearer error="invalid_token"'), 'Bearer error="invalid_token"')
  assert.equal(await challengeOf(`Bearer ${'a=a,'.repeat(1000)}`), null)
})

test('abuse 059: an organization cannot have this server call a private address, by none of its spellings and by no name', async () => {
  const fetch = createCheckedFetch(publicOnly)
  const urls = `https://127.0.0.1/ https://[::1]/ https://169.254.169.254/ https://[::ffff:10.0.0.1]/ https://[::ffff:a00:1]/ https://0x7f.1/
    https://2130706433/ https://10.0.0.1/ https://[fd00::1]/ https://[fe80::1]/ https://[64:ff9b::a00:1]/ http://127.0.0.1/ http://public.example/`
  for (const url of urls.split(/\s+/)) await assert.rejects(fetch(url, {}), { name: 'FetchError' }, url)
  for (const address of ['127.0.0.1', '::1', '169.254.169.254', '::ffff:10.0.0.1', '10.0.0.1', 'fd00::1']) {
    const family = address.includes(':') ? 6 : 4
    for (const first of [[], [{ address: '1.1.1.1', family: 4 }]]) {
      const resolve = async () => [...first, { address, family }]
      await assert.rejects(createCheckedFetch(publicOnly, { resolve })('https://public.example/', {}), /not public/, address)
    }
  }
})

test('abuse 059: a name that has another address a moment later is asked for once, and connected to as it was checked', async () => {
  let lookups = 0
  const resolve = async () => [{ address: lookups++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }]
  // Nothing listens for TLS there: what matters is where it connects to.
  const url = new URL(await serve((_, answer) => answer.end()))
  await assert.rejects(createCheckedFetch(here, { resolve })(`https://public.example:${url.port}/`, {}))
  assert.equal(lookups, 1)
})

test('abuse 059: of a name with very many addresses all are checked, and eight are tried', async () => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const url = `https://public.example:${(closed.address() as AddressInfo).port}/`
  await new Promise((end) => closed.close(end))
  const many = Array.from({ length: 100 }, (_, one) => ({ address: `127.0.0.${one + 1}`, family: 4 }))
  const failure: unknown = await createCheckedFetch(here, { resolve: async () => many })(url, {}).catch((error: unknown) => error)
  assert.ok(failure instanceof AggregateError)
  assert.equal(failure.errors.length, 8)
  const hidden = async () => [...many, { address: '10.0.0.1', family: 4 }]
  await assert.rejects(createCheckedFetch(here, { resolve: hidden })(url, {}), /not public/)
})

test('a name that is being asked for is not asked for once more, and afterwards it is', async () => {
  const { promise, resolve: answer } = Promise.withResolvers<{ address: string; family: number }[]>()
  let lookups = 0
  const resolve = () => {
    lookups++
    return promise
  }
  const fetch = createCheckedFetch(publicOnly, { resolve })
  const waiting = Promise.allSettled(Array.from({ length: 10 }, () => fetch('https://public.example/', {})))
  answer([{ address: '10.0.0.1', family: 4 }])
  for (const { status } of await waiting) assert.equal(status, 'rejected')
  assert.equal(lookups, 1)
  await assert.rejects(fetch('https://public.example/', {}), /not public/)
  assert.equal(lookups, 2)
})

test('abuse 059: redirects are not followed, and large, encoded and slow answers are refused', async () => {
  const redirect = await fetchFrom((_, answer) => answer.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
  assert.equal(redirect.status, 302)
  await assert.rejects(
    fetchFrom((_, answer) => answer.end('x'.repeat(262_145))),
    /more than 262144 bytes/,
  )
  await assert.rejects(
    fetchFrom((_, answer) => answer.setHeader('content-encoding', 'gzip').end('x')),
    /encoded/,
  )
  const slow = { maxMilliseconds: 50 }
  await assert.rejects(fetchFrom(() => {}, {}, slow))
  await assert.rejects(fetchFrom((_, answer) => answer.write('x'), {}, slow))
  const never = { ...slow, resolve: () => new Promise<never>(() => {}) }
  await assert.rejects(createCheckedFetch(publicOnly, never)('https://public.example/', {}), /too long/)
})
