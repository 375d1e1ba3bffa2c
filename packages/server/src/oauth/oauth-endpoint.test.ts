import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { exchangeRaw, postLines } from '../../test/raw-exchange.fixture.ts'
import { generateClientSecret } from '../keys/secret-format.ts'
import { shareTestServer, startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'

const tokenPath = '/auth/realms/prod/protocol/openid-connect/token'
const tokenPaths = [tokenPath, '/partner-api/oauth/token', '/realms/operators/protocol/openid-connect/token']

suite('requests that a valid client would not send', () => {
  const shared = shareTestServer({ settings: 'logLevel: debug' })
  let acme: Awaited<ReturnType<TestServer['aClient']>>
  let url: URL
  before(async () => {
    acme = await shared().aClient('partner-api')
    url = await shared().listen()
  })

  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'] as const) {
    test(`abuse 001: ${method} on the token URL is rejected with Allow: POST, and the query is not logged`, async () => {
      const { request, log } = shared()
      const response = await request({ method, url: `${tokenPath}?client_secret=canary` })
      assert.equal(response.statusCode, 405)
      assert.equal(response.headers['allow'], 'POST')
      assert.match(String(response.headers['content-type']), /^application\/json/)
      assert.ok(!log.join('').includes('canary'))
    })
  }

  test('abuse 001: TRACE on the token URL is rejected with Allow: POST, and echoes nothing', async () => {
    const answer = await exchangeRaw(url, [`TRACE ${tokenPath} HTTP/1.1`, 'Host: localhost', 'X-Canary: 1', 'Connection: close', '', ''])
    assert.match(answer, /^HTTP\/1\.1 405 /)
    assert.match(answer, /\r\nallow: POST\r\n/i)
    assert.ok(!answer.includes('Canary'))
  })

  test('abuse 001: the body of another method is not read', async () => {
    const answer = await exchangeRaw(url, [
      `PUT ${tokenPath} HTTP/1.1`,
      'Host: localhost',
      'Content-Length: 1000',
      'Connection: close',
      '',
      'a',
    ])
    assert.match(answer, /^HTTP\/1\.1 405 /)
  })

  for (const name of ['client_id', 'client_secret', 'grant_type', 'scope', 'token', 'client%5Fsecret']) {
    test(`abuse 002: ${name} in the query is rejected before anything else is read`, async () => {
      const { postForm, log } = shared()
      const response = await postForm(`/partner-api/oauth/token?${name}=canary`, tokenRequest(acme))
      assert.equal(response.statusCode, 400)
      assert.equal(response.json().error, 'invalid_request')
      assert.match(response.json().error_description, /rotate it/)
      assert.ok(!log.join('').includes('canary'))
    })
  }

  for (const encoding of ['gzip', 'br', 'deflate', 'identity', 'x']) {
    test(`abuse 007: a body with Content-Encoding ${encoding} is rejected and not inflated`, async () => {
      const payload = gzipSync(new URLSearchParams(tokenRequest(acme)).toString())
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': encoding }
      const response = await shared().request({ method: 'POST', url: '/partner-api/oauth/token', headers, payload })
      assert.equal(response.statusCode, 415)
      assert.equal(response.headers['accept-encoding'], 'identity')
      assert.equal(response.json().error, 'invalid_request')
    })
  }

  for (const [what, id] of Object.entries({
    'of 10 kB': 'x'.repeat(10_000),
    'with an escape sequence': '\u001B[31mred',
    'with a space': 'a b',
    'with a quote': '"a"',
    'that is a secret': generateClientSecret(),
  })) {
    test(`abuse 024: a request id ${what} is neither used nor recorded`, async () => {
      const response = await shared().request({ url: '/problems', headers: { 'x-request-id': id } })
      assert.match(String(response.headers['x-request-id']), /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/)
    })
  }

  test('abuse 024: a request with a bare carriage return in its request id is rejected', async () => {
    const { log } = shared()
    const answer = await exchangeRaw(url, [
      'GET /problems HTTP/1.1',
      'Host: localhost',
      'X-Request-Id: a\rX-Injected: 1',
      'Connection: close',
      '',
      '',
    ])
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.ok(!/injected/i.test(answer))
    assert.ok(log.every((line) => line.trimEnd().split('\n').length === 1))
  })

  for (const origin of ['https://evil.example', 'null']) {
    test(`abuse 025: the origin "${origin}" gets no CORS headers, on a token request or a preflight`, async () => {
      const { requestToken, request } = shared()
      const answer = await requestToken('partner-api', tokenRequest(acme), { origin })
      const preflight = await request({ method: 'OPTIONS', url: tokenPath, headers: { origin, 'access-control-request-method': 'POST' } })
      assert.equal(preflight.statusCode, 405)
      const names = Object.keys({ ...answer.headers, ...preflight.headers })
      assert.deepEqual(
        names.filter((name) => name.startsWith('access-control-')),
        [],
      )
    })
  }

  test('abuse 005: two Content-Type headers are rejected, in either order', async () => {
    const { aClient } = shared()
    const body = new URLSearchParams(tokenRequest(await aClient('prod'))).toString()
    for (const second of ['multipart/form-data', 'application/x-www-form-urlencoded']) {
      const answer = await exchangeRaw(url, postLines(tokenPath, body, [`Content-Type: ${second}`, 'Connection: close']))
      assert.match(answer, /^HTTP\/1\.1 400 /)
      assert.match(answer, /Expected the Content-Type application\/x-www-form-urlencoded/)
    }
  })

  test('abuse 040: two Authorization headers are rejected', async () => {
    const { aClient } = shared()
    const { clientId, clientSecret } = await aClient('prod')
    const header = `Authorization: Basic ${btoa(`${clientId}:${clientSecret}`)}`
    const answer = await exchangeRaw(url, postLines(tokenPath, 'grant_type=client_credentials', [header, header, 'Connection: close']))
    assert.match(answer, /^HTTP\/1\.1 401 /)
  })

  for (const path of tokenPaths) {
    test(`JSON is rejected at ${path} with the expected media type, whether it is valid or not`, async () => {
      const { request } = shared()
      for (const payload of ['{"grant_type":"client_credentials"}', '{', '']) {
        const response = await request({ method: 'POST', url: path, headers: { 'content-type': 'application/json' }, payload })
        assert.equal(response.statusCode, 400)
        assert.match(response.json().error_description, /Expected the Content-Type application\/x-www-form-urlencoded/)
      }
    })
  }

  test('a POST without a body gets an error that names the expected media type', async () => {
    const { request } = shared()
    const response = await request({ method: 'POST', url: '/partner-api/oauth/token' })
    assert.equal(response.statusCode, 400)
    assert.equal(response.json().error, 'invalid_request')
  })
})

test('a body above the limit is rejected and the connection is closed', async () => {
  const { requestToken } = await startTestServer({ settings: 'requestBodyLimit: 4KB' })
  const response = await requestToken('prod', { a: 'x'.repeat(5000) })
  assert.equal(response.statusCode, 413)
  assert.equal(response.json().error, 'invalid_request')
  assert.equal(response.headers['connection'], 'close')
})

test('abuse 026: 50 requests pipelined on one connection get 50 responses in order, each with its own audit row', async () => {
  const { aClient, listen, auditEvents } = await startTestServer()
  const body = new URLSearchParams(tokenRequest(await aClient('prod'))).toString()
  const callerIds = Array.from({ length: 50 }, (_, i) => `pipelined-${i}`)
  const requests = callerIds.map((id, i) =>
    postLines(tokenPath, body, [`X-Request-Id: ${id}`, ...(i === 49 ? ['Connection: close'] : [])]).join('\r\n'),
  )
  const answer = await exchangeRaw(await listen(), [requests.join('')])
  const ids = [...answer.matchAll(/x-request-id: (\S+)/g)].map(([, id]) => id!)
  assert.equal(answer.match(/HTTP\/1\.1 200 /g)?.length, 50)
  const callerIdOf = new Map((await auditEvents()).map((event) => [event.request_id, event.caller_request_id]))
  assert.deepEqual(
    ids.map((id) => callerIdOf.get(id)),
    callerIds,
  )
})

test('abuse 026: pipelined requests are counted one by one', async () => {
  const { aClient, listen } = await startTestServer()
  const body = new URLSearchParams(tokenRequest(await aClient('prod'))).toString()
  const requests = Array.from({ length: 60 }, (_, i) => postLines(tokenPath, body, i === 59 ? ['Connection: close'] : []).join('\r\n'))
  const answer = await exchangeRaw(await listen(), [requests.join('')])
  assert.equal(answer.match(/HTTP\/1\.1 200 /g)?.length, 50)
  assert.equal(answer.match(/HTTP\/1\.1 429 /g)?.length, 10)
})
