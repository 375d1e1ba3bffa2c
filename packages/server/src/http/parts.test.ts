import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { createHttpServer } from './http-server.ts'
import type { MountPart } from './parts.ts'

interface TestPart {
  readonly prefix: string
  readonly paths?: readonly string[]
  readonly mount?: MountPart
}

function aServer(t: TestContext, ...testParts: readonly TestPart[]) {
  const lines: string[] = []
  const configuration = { publicUrl: 'https://auth.example.com', logLevel: 'warn' as const }
  const { app, parts } = createHttpServer(configuration, () => 'id', { write: (line) => void lines.push(line) })
  app.get('/own', async () => 'own')
  const built: string[] = []
  for (const { prefix, paths = [], mount } of testParts) {
    const mountEcho: MountPart = async (part) => {
      built.push(prefix)
      part.get(`${prefix}/v1/:name`, async ({ params }) => `${prefix}: ${(params as { name: string }).name}`)
      for (const path of paths) part.post(path, async ({ body }) => ({ prefix, body }))
    }
    parts.add({ places: [{ prefix, paths, oauthPaths: [] }], ignoresTrailingSlash: false }, mount ?? mountEcho)
  }
  t.after(() => app.close())
  const get = async (url: string) => (await app.inject({ url })).body
  return { app, built, get, lines, parts }
}

test('fault 5.4: a part is built by the first request that needs it, once, and no other part', async (t) => {
  const { built, get } = aServer(t, { prefix: '/realms/one' }, { prefix: '/realms/two' })
  assert.equal(await get('/own'), 'own')
  assert.deepEqual(built, [])
  const bodies = await Promise.all([get('/realms/two/v1/a'), get('/realms/two/v1/b')])
  assert.deepEqual(bodies, ['/realms/two: a', '/realms/two: b'])
  assert.deepEqual(built, ['/realms/two'])
})

test('a path belongs to the part that names it, then to the one with the longest prefix', async (t) => {
  const { app, get } = aServer(t, { prefix: '' }, { prefix: '/a', paths: ['/a/b/token'] }, { prefix: '/a/b' })
  assert.equal(await get('/v1/x'), ': x')
  assert.equal(await get('/a/v1/x'), '/a: x')
  assert.equal(await get('/a/b/v1/x'), '/a/b: x')
  assert.equal(await get('/%61/v1/x?y=/b'), '/a: x')
  const response = await app.inject({ method: 'POST', url: '/a/b/token', payload: { some: 'body' } })
  assert.deepEqual(response.json(), { prefix: '/a', body: { some: 'body' } })
})

test('in a part, methods and paths that it does not have are refused as elsewhere', async (t) => {
  const { app } = aServer(t, { prefix: '/a', paths: ['/a/form'] })
  const wrongMethod = await app.inject({ method: 'GET', url: '/a/form' })
  assert.deepEqual([wrongMethod.statusCode, wrongMethod.headers['allow']], [405, 'POST'])
  assert.equal((await app.inject({ url: '/a/nothing' })).statusCode, 404)
  assert.equal((await app.inject({ url: '/nothing' })).statusCode, 404)
  assert.equal((await app.inject({ method: 'HEAD', url: '/a/v1/x' })).statusCode, 200)
})

test('a part that cannot be built is an error of that request, and built again for the next one', async (t) => {
  let attempts = 0
  const mount: MountPart = async (app) => {
    if (++attempts === 1) throw new Error('not yet')
    app.get('/a/v1/x', async () => 'built')
  }
  const { app, get, lines } = aServer(t, { prefix: '/a', mount })
  assert.equal((await app.inject({ url: '/a/v1/x' })).statusCode, 500)
  assert.match(lines.join(''), /not yet/)
  assert.equal(await get('/a/v1/x'), 'built')
})

test('a target belongs to the same part in every form and encoding, whichever parts are built', async (t) => {
  const { app } = aServer(t, { prefix: '/a' }, { prefix: '/a/b' })
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const get = async (path: string) => {
    const [response] = (await once(request({ host: '127.0.0.1', port, path, agent: false }).end(), 'response')) as [IncomingMessage]
    return text(response)
  }
  // RFC 9112 §3.2.2: a server must accept the absolute form.
  assert.equal(await get('https://auth.example.com/a/v1/x?y=/b'), '/a: x')
  assert.equal(await get('https://auth.example.com/a/%62/v1/x'), '/a/b: x')
  assert.equal(await get('/a/v1/x'), '/a: x')
  assert.equal(await get('/a/%62/v1/x'), '/a/b: x')
})

test('fault 5.4: a long path is not looked up at each of its slashes', async (t) => {
  const { get } = aServer(t, { prefix: '/a' }, { prefix: '/a/b' })
  const lookups = t.mock.method(Map.prototype, 'get').mock
  await get('/x'.repeat(7000))
  const count = lookups.callCount()
  lookups.restore()
  assert.ok(count < 1000, `${count} lookups`)
})

test('paths of the server itself stay its own below the prefix of a part, also once the part is built', async (t) => {
  const { app, parts } = aServer(t, { prefix: '/realms' }, { prefix: '' })
  app.get('/realms/operators/v1/me', async () => 'operators')
  parts.keep({ places: [{ prefix: '/realms/operators', paths: ['/well-known'], oauthPaths: [] }], ignoresTrailingSlash: false })
  for (const [url, body] of [
    ['/realms/v1/x', '/realms: x'],
    ['/v1/x', ': x'],
  ] as const) {
    assert.equal((await app.inject({ url })).body, body)
    assert.notEqual(parts.appOf(url), app)
  }
  for (const url of ['/realms/operators/v1/me', '/realms/operators/nothing', '/well-known', '/own'])
    assert.equal(parts.appOf(url), app, url)
  assert.equal((await app.inject({ url: '/realms/operators/v1/me' })).body, 'operators')
  assert.equal((await app.inject({ url: '/realms/operators/v1/x' })).statusCode, 404)
})
