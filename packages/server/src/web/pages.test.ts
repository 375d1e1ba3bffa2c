import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { refusalOf, withConsole } from '../../test/console.fixture.ts'
import { shareTestServerOnAnyStore, startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

const sources = join(import.meta.dirname, '../../../web/src/console/main.tsx')
const skip = existsSync(sources) ? false : 'the pages are not written yet'

suite('the pages of the console', () => {
  const shared = shareTestServerOnAnyStore(withConsole)

  for (const url of ['/console', '/console/', '/console/nt24-idp/organizations/acme', '/console/sign-in?next=%2F']) {
    test(`abuse 154: ${url} runs only scripts of this server, is in no frame, and is not stored`, { skip }, async () => {
      const { statusCode, headers, body } = await shared().request({ url, headers: { accept: 'text/html' } })
      assert.deepEqual([statusCode, headers['content-type'], headers['cache-control']], [200, 'text/html; charset=utf-8', 'no-cache'])
      const policy = String(headers['content-security-policy'])
      for (const directive of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
        'report-uri /console/csp-report',
      ])
        assert.ok(policy.split('; ').includes(directive), directive)
      assert.doesNotMatch(policy, /unsafe|\*/)
      assert.deepEqual(
        ['x-frame-options', 'x-content-type-options', 'referrer-policy', 'cross-origin-opener-policy', 'cross-origin-resource-policy'].map(
          (name) => headers[name],
        ),
        ['DENY', 'nosniff', 'no-referrer', 'same-origin', 'same-origin'],
      )
      assert.match(String(headers['permissions-policy']), /camera=\(\).*clipboard-write=\(self\)/)
      assert.equal(headers['strict-transport-security'], undefined, 'without TLS')
      assert.doesNotMatch(body, /<script(?![^>]* src=)|style=|<style|\bon\w+=/)
    })
  }

  test('its files have a hash in their name, are kept for ever, and come in the coding that the browser accepts', { skip }, async () => {
    const { body } = await shared().request({ url: '/console' })
    const addresses = [...body.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(([, address]) => address!)
    assert.ok(addresses.some((address) => address.endsWith('.js')) && addresses.some((address) => address.endsWith('.css')))
    for (const url of addresses) {
      const ask = (coding?: string) => shared().request({ url, headers: coding === undefined ? {} : { 'accept-encoding': coding } })
      const plain = await ask()
      assert.deepEqual([plain.statusCode, plain.headers['cache-control']], [200, 'public, max-age=31536000, immutable'], url)
      const [br, gzip] = [await ask('gzip, deflate, br'), await ask('gzip')]
      assert.deepEqual([br.headers['content-encoding'], gzip.headers['content-encoding']], ['br', 'gzip'])
      assert.equal(brotliDecompressSync(br.rawPayload).toString(), plain.body)
      assert.equal(gunzipSync(gzip.rawPayload).toString(), plain.body)
      assert.doesNotMatch(plain.body, /sourceMappingURL/)
      assert.equal((await shared().request({ url: `${url}.map` })).statusCode, 404)
    }
  })

  test('abuse 164: no source, map or other file of the server is at the path of the files', async () => {
    for (const name of ['main.tsx', 'manifest.json', '..%2F..%2Fpackage.json', '%2e%2e%2f.git', '.git', 'ui.css'])
      assert.equal((await shared().request({ url: `/console/assets/${name}` })).statusCode, 404, name)
  })
})

test('abuse 164: where the pages have hosts of their own, nothing of the operations listener is at them, nor a file of the server', async () => {
  const server = await startTestServerOnAnyStore({
    settings: `behindTlsProxy: true
publicUrl: https://auth.example
operationsListen: 127.0.0.1:0
console: { publicUrl: "https://console.example" }
portal: { enabled: true, publicUrl: "https://partners.example" }`,
    nodes: 1,
  })
  const paths = ['/metrics', '/health', '/healthz', '/debug', '/debug/pprof', '/status', '/.git/config', '/server.js.map', '/package.json']
  for (const [host, mount] of [
    ['console.example', '/console'],
    ['partners.example', '/portal'],
  ] as const) {
    for (const url of paths) assert.equal((await server.request({ url, headers: { host } })).statusCode, 404, `${host}${url}`)
    // Below the pages any path is the page itself.
    const page = await server.request({ url: mount, headers: { host } })
    for (const url of paths)
      assert.equal((await server.request({ url: mount + url, headers: { host } })).body, page.body, host + mount + url)
    for (const url of paths) {
      const { statusCode } = await server.request({ url: `${mount}/api${url}`, headers: { host } })
      assert.ok(statusCode === 404 || statusCode === 401, `${host}${mount}/api${url}: ${statusCode}`)
      assert.equal(
        (await server.request({ url: `${mount}/assets${url}`, headers: { host } })).statusCode,
        404,
        `${host}${mount}/assets${url}`,
      )
    }
    for (const url of ['/livez', '/readyz'])
      assert.match((await server.request({ url, headers: { host } })).body, /^(?:ok|not ok)$/, 'one word for a load balancer')
  }
})

test('reports of browsers are counted, and a few of an address are logged, without the query and without a secret', async () => {
  const server = await startTestServerOnAnyStore({ settings: 'console: {}\noperationsListen: 127.0.0.1:0', nodes: 1 })
  const report = (body: object, type = 'application/csp-report') =>
    server.request({ method: 'POST', url: '/console/csp-report', headers: { 'content-type': type }, payload: JSON.stringify(body) })
  const violation = {
    'document-uri': 'http://localhost:8080/console#once=code-1',
    'blocked-uri': 'https://evil.example/x?secret=code-2',
    'effective-directive': 'script-src\u202E',
  }
  assert.equal((await report({ 'csp-report': violation })).statusCode, 204)
  assert.equal((await report([{ type: 'csp-violation', body: { blockedURL: 'csk_abc' } }], 'application/reports+json')).statusCode, 204)
  assert.equal((await report([null, 7])).statusCode, 204)
  const lines = server.log.filter((line) => line.includes('policy forbids')).join('')
  assert.match(lines, /"blocked-uri":"https:\/\/evil.example\/x"/)
  assert.doesNotMatch(lines, /code-1|code-2|csk_abc|\u202E/)
  const large = await report({ 'csp-report': { 'blocked-uri': 'x'.repeat(9000) } })
  assert.equal(large.statusCode, 413)
  const codes = []
  for (let number = 0; number < 10; number++) codes.push((await report({})).statusCode)
  assert.ok(codes.includes(429), codes.join())
  server.clock.advance(61_000)
  assert.equal((await report({})).statusCode, 204)
  const text = await server.request({ method: 'POST', url: '/console/csp-report', headers: { 'content-type': 'text/plain' }, payload: 'x' })
  assert.deepEqual(refusalOf(text), [415, 'unsupported-media-type'])
})

test('abuse 174: reports from many addresses fill neither the log nor the counters', async () => {
  const settings = 'console: {}\noperationsListen: 127.0.0.1:0\ntrustedProxies: [127.0.0.1/32]'
  const server = await startTestServerOnAnyStore({ settings, nodes: 1 })
  const report = async (address: string) => {
    const headers = { 'content-type': 'application/csp-report', 'x-forwarded-for': address }
    const payload = JSON.stringify({ 'csp-report': { 'blocked-uri': `https://evil.example/${address}` } })
    return (await server.request({ method: 'POST', url: '/console/csp-report', headers, payload })).statusCode
  }
  const codesOf = async (addresses: string[]) => {
    const codes = []
    for (const address of addresses) codes.push(await report(address))
    return codes
  }
  const hosts = Array.from({ length: 40 }, (_, host) => host.toString(16))
  const ofNetwork = await codesOf(hosts.map((host) => `2001:db8:1:1::${host}`))
  assert.equal(ofNetwork.filter((code) => code === 204).length, 10, 'a network is one sender')
  assert.ok((await codesOf(hosts.flatMap((host) => Array(10).fill(`2001:db8:2:${host}::1`)))).includes(429), 'and so is a site')
  assert.equal(await report('2001:db8:3:1::1'), 204)
  await codesOf(Array.from({ length: 200 }, (_, host) => `198.51.100.${host}`))
  const lines = server.log.filter((line) => line.includes('policy forbids'))
  assert.ok(lines.length <= 60, String(lines.length))
})
