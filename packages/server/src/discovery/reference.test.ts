import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, test } from 'node:test'
import { chromium } from 'playwright-core'
import { operations, operatorsIssuerPath, operatorsTokenPath } from '@countersign/admin'
import { gunzipSync } from 'node:zlib'
import { startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

const { request, realms, listen } = await startTestServerOnAnyStore({ settings: 'apiReference: true' })
const browserPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

test('the OpenAPI document is served without a token and names the public URL of the server', async () => {
  const response = await request({ url: '/admin/v1/openapi.json' })
  assert.deepEqual([response.statusCode, response.headers['content-type']], [200, 'application/json; charset=utf-8'])
  const { openapi, servers, components } = response.json()
  assert.deepEqual([openapi, servers], ['3.1.0', [{ url: 'http://localhost:8080' }]])
  assert.equal(components.securitySchemes.operator.flows.clientCredentials.tokenUrl, realms.get('operators')!.tokenUrl)
})

test('the token endpoint of the operators realm has the path that operator clients use', () => {
  assert.equal(new URL(realms.get('operators')!.tokenUrl).pathname, operatorsTokenPath)
  assert.equal(new URL(realms.get('operators')!.issuer).pathname, operatorsIssuerPath)
})

test('the Content-Security-Policy of the page allows only this server, no inline script and no framing', async () => {
  const response = await request({ url: '/admin/v1/reference' })
  assert.equal(response.statusCode, 200)
  const policy = String(response.headers['content-security-policy'])
  for (const rule of ["default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"])
    assert.ok(policy.includes(rule))
  assert.doesNotMatch(policy, /https?:|\*|unsafe-eval/)
  assert.doesNotMatch(response.body, /https?:|<script>/)
})

test('the script is served as the package ships it', async () => {
  const response = await request({ url: '/admin/v1/reference/scalar.js' })
  assert.equal(response.headers['content-type'], 'text/javascript; charset=utf-8')
  assert.match(response.body, /createApiReference/)
})

const paths = ['/admin/v1/openapi.json', '/admin/v1/reference', '/admin/v1/reference/start.js', '/admin/v1/reference/scalar.js']

test('fault 2.1: the reference is on the operations listener, and not on the public one unless the configuration says so', async () => {
  const usual = await startTestServerOnAnyStore({ settings: 'operationsListen: 127.0.0.1:0' })
  const { operations } = await usual.listenEverywhere()
  for (const url of paths) {
    assert.equal((await usual.request({ url })).statusCode, 404, url)
    const response = await fetch(new URL(url, operations), { method: 'HEAD' })
    assert.deepEqual([response.status, response.headers.get('content-encoding')], [200, 'gzip'], url)
    assert.equal((await request({ url })).statusCode, 200, url)
  }
  const document = await (await fetch(new URL(paths[0]!, operations))).json()
  assert.deepEqual(document, (await request({ url: paths[0]! })).json())
})

test('fault 2.1: every response with the script is the same bytes, compressed for those who accept that', async () => {
  const ask = (encoding: string) => request({ url: '/admin/v1/reference/scalar.js', headers: { 'accept-encoding': encoding } })
  const [compressed, again, plain] = [await ask('br, gzip'), await ask('gzip'), await ask('identity')]
  assert.deepEqual([compressed.headers['content-encoding'], plain.headers['content-encoding']], ['gzip', undefined])
  assert.ok(compressed.rawPayload.length * 2 < plain.rawPayload.length)
  assert.ok(gunzipSync(compressed.rawPayload).equals(plain.rawPayload) && compressed.rawPayload.equals(again.rawPayload))
  assert.equal(plain.headers['vary'], 'accept-encoding')
})

const skip = existsSync(browserPath) ? false : `there is no browser at "${browserPath}"; CHROMIUM can name another`
test('in a browser without other hosts the page shows every operation and requests no other host', { skip }, async () => {
  const origin = (await listen()).origin
  const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] })
  after(() => browser.close())
  const tab = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
  const others: string[] = []
  const complaints: string[] = []
  await tab.route('**', (route) => {
    if (new URL(route.request().url()).origin === origin) return route.continue()
    others.push(route.request().url())
    return route.abort()
  })
  tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  tab.on('pageerror', (error) => complaints.push(error.message))
  await tab.goto(`${origin}/admin/v1/reference`)
  await tab.getByRole('heading', { name: 'Countersign admin API' }).waitFor()
  for (const { summary } of Object.values(operations)) await tab.getByText(summary, { exact: true }).first().waitFor({ state: 'attached' })
  await tab.getByText(operations['realms.list'].summary, { exact: true }).first().waitFor({ state: 'visible' })
  assert.deepEqual([others, complaints], [[], []])
})
