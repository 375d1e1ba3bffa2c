// Proxies of the environment: this package uses the fetch that it is given, so the proxy is that fetch's matter. docs/calling.md says how.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { inspect, promisify } from 'node:util'
import { EnvHttpProxyAgent, fetch as fetchOfUndici } from 'undici'
import { startConnectProxy } from './connect-proxy.fixture.ts'
import { startApi, startTokenEndpoint } from './real-http.fixture.ts'
import { createTokenProvider } from './token-provider.ts'
import { withBearer } from './with-bearer.ts'

const client = { clientId: 'api-client-acme', clientSecret: 's3cret' }

async function startServers(t: TestContext) {
  const [proxy, { tokenUrl }, api] = [await startConnectProxy(t), await startTokenEndpoint(t), await startApi(t)]
  return { proxy, tokenUrl, api, hosts: [new URL(tokenUrl).host, new URL(api.origin).host] }
}

test("undici's EnvHttpProxyAgent takes token requests and calls through the proxy, as on Node 20 and 22", async (t) => {
  const { proxy, tokenUrl, api, hosts } = await startServers(t)
  const dispatcher = new EnvHttpProxyAgent({ httpProxy: proxy.url, noProxy: '', proxyTunnel: true })
  t.after(() => dispatcher.destroy())
  const fetch = ((url, init) => fetchOfUndici(url as string, { ...(init as object), dispatcher })) as typeof globalThis.fetch
  const tokens = createTokenProvider({ ...client, tokenUrl, fetch: fetch as never })
  const response = await withBearer(fetch, tokens, { origins: [api.origin] })(`${api.origin}/v1/me`)
  assert.deepEqual(await response.json(), { ok: true })
  assert.deepEqual([proxy.reached, api.calls], [hosts, ['GET /v1/me Bearer token-1']])
})

const program = `
import { createTokenProvider, withBearer } from '@countersign/client'
const { TOKEN_URL: tokenUrl, API: origin } = process.env
const tokens = createTokenProvider({ tokenUrl, clientId: 'api-client-acme', clientSecret: 's3cret' })
console.log((await withBearer(fetch, tokens, { origins: [origin] })(origin + '/v1/me')).status)`

async function run(env: Record<string, string>): Promise<string> {
  const args = ['--conditions=@countersign/source', '--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: import.meta.dirname })
  return stdout.trim()
}

test('Node itself takes both through HTTP_PROXY with NODE_USE_ENV_PROXY, and past it for the hosts of NO_PROXY', async (t) => {
  const { proxy, tokenUrl, api, hosts } = await startServers(t)
  const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url, TOKEN_URL: tokenUrl, API: api.origin }
  assert.equal(await run(env), '200')
  assert.deepEqual(proxy.reached, hosts)
  assert.equal(await run({ ...env, NO_PROXY: '127.0.0.1' }), '200')
  assert.equal(proxy.reached.length, 2)
})

test('a proxy that refuses the tunnel is a network error without a secret', async (t) => {
  const { tokenUrl } = await startServers(t)
  const dispatcher = new EnvHttpProxyAgent({ httpProxy: 'http://127.0.0.1:2', noProxy: '', proxyTunnel: true })
  t.after(() => dispatcher.destroy())
  const fetch = (url: string, init: RequestInit) => fetchOfUndici(url, { ...(init as object), dispatcher }) as unknown as Promise<Response>
  await assert.rejects(createTokenProvider({ ...client, tokenUrl, fetch }).getToken(), (error: Error) => {
    assert.match(error.message, /could not be reached .*Check host, port, proxy/)
    return !error.message.includes('s3cret')
  })
})

for (const [what, answer, says] of [
  ['407', 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n', /\(the proxy answered with HTTP 407\)/],
  ['403', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n', /\(the proxy answered with HTTP 403\)/],
  ['something else than HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', /\(the answer is not HTTP\)/],
] as const)
  test(`a proxy that answers ${what} is named in the error, without the password of its URL`, async (t) => {
    const proxy = createServer((socket) => void socket.once('data', () => socket.end(answer)).on('error', () => {}))
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    t.after(() => proxy.close())
    const { port } = proxy.address() as AddressInfo
    const url = `http://joe:pw-7@127.0.0.1:${port}`
    const dispatcher = new EnvHttpProxyAgent({ httpProxy: url, httpsProxy: url, noProxy: '' })
    t.after(() => dispatcher.destroy())
    const fetch = (target: string, init: RequestInit) =>
      fetchOfUndici(target, { ...(init as object), dispatcher }) as unknown as Promise<Response>
    const tokens = createTokenProvider({ ...client, tokenUrl: 'https://auth.example.com/token', fetch })
    await assert.rejects(tokens.getToken(), (error: Error) => says.test(error.message) && !inspect(error).includes('pw-7'))
  })
