// The same API in the runtimes that have fetch and no router: what each hands over of a request, and what the guard needs of each.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test, type TestContext } from 'node:test'
import { aSigningKey, foreignPartnerId, partnerId } from '../guard.fixture.ts'
import { until } from '../report-server.fixture.ts'
import { anIssuerOverHttp, type IssuerOverHttp } from './issuer-over-http.fixture.ts'
import { bunServer, denoServer, runBun, runDeno, runWorker, workerByFirstRequest, type RunSource } from './runtime-starts.fixture.ts'
import { skipWithoutRuntime, type Runtime } from './runtimes.fixture.ts'

const programs: Readonly<Record<Runtime, readonly [run: RunSource, source: string]>> = {
  workerd: [runWorker, workerByFirstRequest],
  deno: [runDeno, denoServer],
  bun: [runBun, bunServer],
}

/** A request that is written by hand, as no client sends it. */
async function statusOf(origin: string, target: string, ...fields: readonly string[]): Promise<string | undefined> {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1').setEncoding('utf8')
  socket.write(
    `GET ${target} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`,
  )
  const [answer] = (await once(socket, 'data')) as [string]
  socket.destroy()
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]
}

for (const [runtime, [run, source]] of Object.entries(programs) as [Runtime, (typeof programs)[Runtime]][]) {
  const skip = skipWithoutRuntime(runtime)
  const start = (t: TestContext, { issuer }: IssuerOverHttp) => run(t, source, { ISSUER: issuer })

  test(`${runtime}: an API with a table of routes is guarded, by every algorithm`, { skip }, async (t) => {
    const keys = (['ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'EdDSA'] as const).map((algorithm) => aSigningKey(algorithm))
    const issuer = await anIssuerOverHttp(t, keys)
    const { origin } = await start(t, issuer)
    const bearer = (...token: Parameters<IssuerOverHttp['token']>) => ({ headers: { authorization: `Bearer ${issuer.token(...token)}` } })
    const orders = `${origin}/v1/partners/${partnerId}/orders`
    const allowed = await fetch(orders, bearer())
    assert.deepEqual([allowed.status, await allowed.json()], [200, ['api-client-acme', partnerId]])
    for (const key of keys) assert.equal((await fetch(orders, bearer({ jti: key.kid }, key))).status, 200, key.kid)
    const [header = '', payload = '', signature = ''] = issuer.token().split('.')
    const forged = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    assert.equal((await fetch(orders, { headers: { authorization: `Bearer ${forged}` } })).status, 401)
    assert.equal((await fetch(`${origin}/v1/partners/${foreignPartnerId}/orders`, bearer())).status, 403)
    const denied = await fetch(orders)
    assert.deepEqual([denied.status, denied.headers.get('content-type')], [401, 'application/problem+json'])
    assert.equal((await fetch(orders, { method: 'HEAD' })).status, 401)
    assert.deepEqual([(await fetch(`${origin}/v2`)).status, (await fetch(orders, { method: 'POST' })).status], [404, 405])
    assert.equal(await (await fetch(`${origin}/health`)).text(), 'ok')
    const echoed = await fetch(`${origin}/v1/echo`, { ...bearer(), method: 'POST', body: 'x'.repeat(100_000) })
    assert.equal((await echoed.text()).length, 100_000)
    await until(() =>
      issuer.reports.some(({ refusals }) => refusals.some(({ requestId }) => requestId === denied.headers.get('x-request-id'))),
    )
  })

  test(`abuse 272: ${runtime} hands over two Authorization headers, which are several tokens`, { skip }, async (t) => {
    const issuer = await anIssuerOverHttp(t)
    const { origin } = await start(t, issuer)
    const [one, other] = [1, 2].map((id) => `Authorization: Bearer ${issuer.token({ jti: `token-${id}` })}`) as [string, string]
    assert.equal(await statusOf(origin, '/v1/me', one), '200')
    assert.equal(await statusOf(origin, '/v1/me', one, other), '400')
    assert.equal(await statusOf(origin, '/v1/me', one, one), '400')
    assert.equal(await statusOf(origin, '/v1/me', `${one}, ${other.slice(15)}`), '400')
    assert.equal(await statusOf(origin, '/v1/me', 'Authorization: Basic YTpi', one), '400')
    assert.equal(await statusOf(origin, '/v1/me?access_token=b', one), '400')
    assert.equal(await statusOf(origin, '/v1/me', 'Authorization: Basic YTpi'), '401')
  })

  test(`abuse 107: a path that ${runtime} does not normalize is no public route`, { skip }, async (t) => {
    const issuer = await anIssuerOverHttp(t)
    const { origin } = await start(t, issuer)
    for (const target of [
      '/health/../v1/me',
      '/health/%2e%2e/v1/me',
      '//v1/me',
      '/health\\..\\v1\\me',
      '/v1/me;/health',
      '/v1/me#/health',
      'http://x/v1/me',
    ])
      assert.match((await statusOf(origin, target)) ?? '', /^40[0145]$/, target)
  })
}
