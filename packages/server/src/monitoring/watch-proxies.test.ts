import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'
import { expectsProxies } from './watch-proxies.ts'

async function startBehindProxy(settings = 'behindTlsProxy: true', publicUrl = 'https://a.example') {
  const server = await startTestServerOnAnyStore({ settings: `publicUrl: ${publicUrl}\noperationsListen: 127.0.0.1:0\n${settings}` })
  const { operations } = await server.listenEverywhere()
  const ask = (remoteAddress: string, headers: Record<string, string>) => server.request({ url: '/problems', remoteAddress, headers })
  const warnings = async () => {
    const answer = (await (await fetch(new URL('/readyz', operations))).json()) as { status: string; warnings?: { proxies?: string } }
    assert.equal(answer.status, 'ok')
    return answer.warnings?.proxies
  }
  const metric = async () =>
    /^countersign_untrusted_proxy_requests (\d+)$/m.exec(await (await fetch(new URL('/metrics', operations))).text())?.[1]
  const logged = () =>
    server.log.map((line) => JSON.parse(line) as { level: number; range?: string; msg: string }).filter(({ range }) => range)
  return { ask, warnings, metric, logged }
}

/** A peer, its headers, and the range that the warning names. */
const proxies = [
  ['203.0.113.9', { 'x-forwarded-for': '198.51.100.1' }, '203.0.113.0/24'],
  ['203.0.113.9', { forwarded: 'for=198.51.100.1' }, '203.0.113.0/24'],
  ['::ffff:203.0.113.9', { 'x-forwarded-for': '' }, '203.0.113.0/24'],
  ['2001:db8:1:2::9', { 'x-forwarded-for': '198.51.100.1' }, '2001:db8:1:2::/64'],
] as const
for (const [peer, headers, range] of proxies) {
  test(`fault 3.7: the first request of ${peer} with "${Object.keys(headers).join()}" is a warning, because it is no trusted proxy`, async () => {
    const { ask, warnings, metric, logged } = await startBehindProxy('behindTlsProxy: true\ntrustedProxies: [10.0.0.0/8]')
    assert.deepEqual([await warnings(), await metric()], [undefined, '0'])
    await ask(peer, headers)
    assert.match((await warnings()) ?? '', new RegExp(`the proxy at ${range} is not in "trustedProxies": all clients behind it`))
    for (let i = 0; i < 3; i++) await ask(peer, headers)
    assert.deepEqual(
      logged().map((line) => [line.level, line.range]),
      [[40, range]],
    )
    assert.equal(await metric(), '4')
  })
}

test('fault 3.7: a trusted proxy that sends only Forwarded is a warning, because nothing reads that', async () => {
  const { ask, warnings } = await startBehindProxy('behindTlsProxy: true\ntrustedProxies: [10.0.0.0/8]')
  await ask('10.0.0.1', { 'x-forwarded-for': '198.51.100.1', forwarded: 'for=198.51.100.1' })
  assert.equal(await warnings(), undefined)
  await ask('10.0.0.1', { forwarded: 'for=198.51.100.1' })
  assert.match((await warnings()) ?? '', /^the proxy at 10\.0\.0\.0\/24 sends "Forwarded", which is not read: /)
})

test('fault 3.7: a proxy of this machine that is not declared is a warning also without behindTlsProxy', async () => {
  const { ask, warnings } = await startBehindProxy('trustedProxies: [10.0.0.0/8]', 'http://localhost:8088')
  await ask('127.0.0.1', { 'x-forwarded-for': '198.51.100.1' })
  assert.match((await warnings()) ?? '', /^the proxy at 127\.0\.0\.0\/24 is not in "trustedProxies": /)
})

test('fault 3.7: where TLS ends here, the headers are a sign of a proxy only if there are declared ones', () => {
  const tls = { certificate: 'certificate.pem', key: 'key.pem' }
  assert.equal(expectsProxies({ tls, trustedProxies: ['10.0.0.0/8'] }), true)
  assert.equal(expectsProxies({ tls, trustedProxies: [] }), false) // Every client may send them.
})

test('requests from many networks cannot flood the log', async () => {
  const { ask, metric, logged } = await startBehindProxy()
  for (let i = 0; i < 30; i++) await ask(`203.0.${i}.9`, { 'x-forwarded-for': '198.51.100.1' })
  assert.deepEqual([logged().length, await metric()], [20, '30'])
})

test('a request without these headers is no warning', async () => {
  const { ask, warnings, logged } = await startBehindProxy()
  await ask('203.0.113.9', {})
  assert.deepEqual([await warnings(), logged()], [undefined, []])
})
