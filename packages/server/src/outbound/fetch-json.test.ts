import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createJsonFetcher, FetchError, type FetchOptions } from './fetch-json.ts'
import { createOutboundRules } from './outbound-rules.ts'

const rules = createOutboundRules({ privateAddresses: ['127.0.0.0/8'] })

async function serve(answer: RequestListener, tls?: { key: string; cert: string }): Promise<{ port: number; requests: () => number }> {
  let requests = 0
  const listener: RequestListener = (request, response) => {
    requests++
    answer(request, response)
  }
  const server = tls ? createHttps(tls, listener) : createHttp(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, requests: () => requests }
}

const fetchFrom = async (answer: RequestListener, options?: FetchOptions) => {
  const { port } = await serve(answer)
  return createJsonFetcher(rules, options)(`http://127.0.0.1:${port}/jwks`)
}

test('a document is fetched, whatever its media type', async () => {
  const document = await fetchFrom((request, response) =>
    response.setHeader('content-type', 'text/plain').end(JSON.stringify({ path: request.url })),
  )
  assert.deepEqual(document, { path: '/jwks' })
})

test('abuse 059: redirects, errors, encodings, large and malformed answers are refused', async () => {
  const answers: RequestListener[] = [
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    (_, response) => response.writeHead(500).end('{}'),
    (_, response) => response.writeHead(204).end(),
    (_, response) => response.setHeader('content-encoding', 'gzip').end('{}'),
    (_, response) => response.end(JSON.stringify({ keys: 'x'.repeat(65_536) })),
    (_, response) => response.end('{'),
    (_, response) => response.end(Buffer.from([0x22, 0xff, 0x22])),
    (request) => request.socket.destroy(),
  ]
  for (const answer of answers) await assert.rejects(fetchFrom(answer), FetchError)
})

test('abuse 062: nothing of a document that is no JSON gets into the message, which is logged', async () => {
  await assert.rejects(
    fetchFrom((_, response) => response.end('{"d":hunter2}')),
    (error: Error) => !/hunter2/.test(error.message) && error.cause === undefined,
  )
})

test('a server that does not answer is waited for no longer than allowed, and so is a resolver', async () => {
  await assert.rejects(
    fetchFrom(() => {}, { maxMilliseconds: 50 }),
    FetchError,
  )
  const fetchJson = createJsonFetcher(rules, { maxMilliseconds: 50, resolve: () => new Promise(() => {}) })
  await assert.rejects(fetchJson('https://backend.example/'), { name: 'FetchError', message: 'it took too long' })
})

test('abuse 059: a name with one address that is refused is not connected to', async () => {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '10.0.0.1', family: 4 },
  ]
  const fetchJson = createJsonFetcher(rules, { resolve: async () => addresses })
  await assert.rejects(fetchJson('https://backend.example/'), /not public/)
})

test('abuse 059: the connection goes to the checked address: a name that is another one a moment later changes nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-fetch-'))
  after(() => rmSync(folder, { recursive: true }))
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  const made = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '2',
    '-subj',
    '/CN=backend.example',
  ]
  execFileSync('openssl', ['req', '-x509', ...made, '-addext', 'subjectAltName=DNS:backend.example'], { stdio: 'ignore' })
  const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  const { port, requests } = await serve((_, response) => response.end('{"keys":[]}'), tls)
  let lookups = 0
  const resolve = async () => [{ address: lookups++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }]
  const url = `https://backend.example:${port}/`
  assert.deepEqual(await createJsonFetcher(rules, { resolve, ca: tls.cert })(url), { keys: [] })
  assert.deepEqual([lookups, requests()], [1, 1])
  // Its certificate is checked.
  await assert.rejects(createJsonFetcher(rules, { resolve: async () => [{ address: '127.0.0.1', family: 4 }] })(url), FetchError)
})
