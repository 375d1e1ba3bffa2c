import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { openStream, type OpenStream } from '../../test/event-stream.fixture.ts'
import { shareTestServer, startTestServer, type TestServer } from '../../test/test-server.fixture.ts'

const path = '/auth/realms/prod/v1/changes'
const seconds = (count: number) => ({ timeout: count * 1000 })

/** A client that may read the feed, and its streams. */
async function aReader(server: TestServer, base: URL) {
  const client = await server.aClient('prod', { scopes: ['entitlements:read'] })
  const token = await server.tokenOf('prod', client)
  const open = (headers: Record<string, string> = {}): Promise<OpenStream> => openStream(new URL(path, base), { token, headers })
  return { ...client, token, open, params: { realm: 'prod', client: client.clientId } }
}

suite('a stream of changes', () => {
  const shared = shareTestServer({ nodes: 1 })
  let base: URL | undefined
  const at = async () => (base ??= await shared().listen())

  test('it begins from nothing, then names each change of its realm at once', seconds(20), async () => {
    const server = shared()
    const { open } = await aReader(server, await at())
    const other = await server.aClient('prod')
    const stream = await open()
    const first = await stream.next()
    assert.deepEqual([stream.response.statusCode, first?.event, first?.data.changes], [200, 'changes', null])
    assert.deepEqual(first?.data.audiences, ['ptv-api'])
    const { headers } = stream.response
    assert.deepEqual(
      [headers['content-type'], headers['cache-control'], headers['x-accel-buffering'], headers['content-encoding']],
      ['text/event-stream', 'no-store', 'no', undefined],
    )
    await server.admin('clients.update', { params: { realm: 'prod', client: other.clientId }, body: { name: 'other' } })
    const next = await stream.nextChange()
    assert.deepEqual(next?.data.changes, [{ what: 'client', organizationId: other.organizationId, clientId: other.clientId }])
    assert.deepEqual([next?.data.audiences, next!.data.asOf.revision > first!.data.asOf.revision], [undefined, true])
    stream.close()
  })

  test('it goes on after the last event that the guard has read', seconds(20), async () => {
    const server = shared()
    const { open } = await aReader(server, await at())
    const other = await server.aClient('prod')
    const first = await open()
    const { id } = (await first.next())!
    first.close()
    await server.admin('clients.update', { params: { realm: 'prod', client: other.clientId }, body: { name: 'missed' } })
    const again = await open({ 'last-event-id': id! })
    const missed = await again.next()
    assert.deepEqual(missed?.data.changes, [{ what: 'client', organizationId: other.organizationId, clientId: other.clientId }])
    again.close()
  })
})

test('a version of the agreement that becomes required by the clock is another state', seconds(20), async () => {
  const server = await startTestServer({ nodes: 1 })
  const base = await server.listen()
  const token = await server.tokenOf('nt24-idp', await server.aClient('nt24-idp', { scopes: ['entitlements:read'] }))
  const requiredFrom = new Date(server.clock.now() + 60_000).toISOString()
  await server.admin('dpa.publish', { params: { realm: 'nt24-idp' }, body: { version: '2026-02', requiredFrom } })
  const stream = await openStream(new URL('/realms/nt24-idp/v1/changes', base), { token })
  const { asOf } = (await stream.next())!.data
  server.clock.advance(60_000)
  const next = (await stream.nextChange())!.data
  assert.deepEqual([next.changes, next.asOf.state === asOf.state], [null, false])
  stream.close()
})

test('abuse 205: a restore ends every stream, and the next one of the guard begins from nothing', seconds(20), async () => {
  const server = await startTestServer({ nodes: 1 })
  const base = await server.listen()
  const { open, ...reader } = await aReader(server, base)
  const stream = await open()
  const { id } = (await stream.next())!
  server.clock.advance(2000)
  await server.recordRestore()
  let last = await stream.nextChange()
  while (last?.event === 'changes') last = await stream.nextChange()
  assert.deepEqual(last?.data, { reason: 'token' })
  server.clock.advance(2000)
  const again = await openStream(new URL(path, base), { token: await server.tokenOf('prod', reader), headers: { 'last-event-id': id! } })
  assert.equal((await again.next())?.data.changes, null)
  again.close()
})

/** What ends the stream of a client, and the reason that it is told. */
const ends: Record<string, readonly [reason: string, act: (server: TestServer, reader: Reader) => Promise<unknown>]> = {
  'its client is disabled': [
    'client',
    (server, reader) => server.admin('clients.update', { params: reader.params, body: { enabled: false } }),
  ],
  'its client is deleted': ['client', (server, reader) => server.admin('clients.delete', { params: reader.params })],
  'its client loses the scope': [
    'client',
    (server, reader) => server.admin('clients.update', { params: reader.params, body: { scopes: [] } }),
  ],
  'its organization is suspended': [
    'client',
    (server, { slug }) => server.admin('organizations.suspend', { params: { realm: 'prod', organization: slug }, body: {} }),
  ],
  'its token is revoked': [
    'token',
    ({ postForm }, { token, clientId: client_id, clientSecret: client_secret }) =>
      postForm('/auth/realms/prod/protocol/openid-connect/revoke', { token, client_id, client_secret }),
  ],
  'its secret is revoked': ['client', (server, reader) => revoke(server, reader, false)],
  'the tokens of its client are cut': ['token', (server, reader) => (server.clock.advance(2000), revoke(server, reader, true))],
  'a rotation is confirmed, so that the secret it began with is gone': [
    'client',
    async (server, { params }) => {
      await server.admin('rotation.start', { params, body: {} })
      await server.admin('rotation.confirm', { params, body: { force: true, reason: 'a test' } })
    },
  ],
  'the window of a rotation ends': [
    'client',
    async (server, { params }) => {
      await server.admin('rotation.start', { params, body: { window: 60 } })
      server.clock.advance(61_000)
    },
  ],
  'its token expires': ['token', async ({ clock }) => clock.advance(300_000)],
}

type Reader = Awaited<ReturnType<typeof aReader>>

async function revoke(server: TestServer, { params }: Reader, cutTokens: boolean): Promise<void> {
  const { secrets } = await server.admin('rotation.get', { params })
  await server.admin('secrets.revoke', { params: { ...params, secret: secrets[0]!.id }, body: { reason: 'stolen', cutTokens } })
}

suite('a stream ends when', () => {
  const shared = shareTestServer({ nodes: 1 })
  let base: URL | undefined

  for (const [what, [reason, act]] of Object.entries(ends))
    test(what, seconds(20), async () => {
      const server = shared()
      base ??= await server.listen()
      const reader = await aReader(server, base)
      const stream = await reader.open()
      assert.equal((await stream.next())?.data.changes, null)
      await act(server, reader)
      let last = await stream.nextChange()
      while (last?.event === 'changes') last = await stream.nextChange()
      assert.deepEqual([last?.event, last?.data], ['end', { reason }])
      assert.equal(await stream.next(), undefined)
    })
})

test(
  'abuse 222: streams end at once when the server stops, with one line in the access log each, and no request fails',
  seconds(30),
  async () => {
    const server = await startTestServer({ nodes: 1, settings: 'logLevel: info' })
    const reader = await aReader(server, await server.listen())
    const streams = await Promise.all(Array.from({ length: 10 }, () => reader.open()))
    for (const stream of streams) await stream.next()
    const lines = () =>
      server.log.filter((line) => line.includes(`"route":"${path}"`)).map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(lines(), [])
    const token = server.tokenOf('prod', reader)
    const stopped = server.shutDown()
    for (const stream of streams) {
      assert.deepEqual((await stream.nextChange())?.data, { reason: 'stopping' })
      assert.equal(await stream.next(), undefined)
    }
    await token
    await stopped
    assert.equal(lines().length, 10)
    for (const { status, bytes, durationMs, clientId } of lines())
      assert.deepEqual([status, Number(bytes) > 100, Number(durationMs) > 0, clientId], [200, true, true, reader.clientId])
    assert.ok(!server.log.some((line) => line.includes('aborted')))
  },
)

test('with TLS it is the same stream', seconds(20), async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-feed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [certificate, key] = ['cert.pem', 'cert.key'].map((name) => join(folder, name)) as [string, string]
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=a']
  execFileSync('openssl', ['req', '-x509', ...made], { stdio: 'ignore' })
  const settings = `publicUrl: https://a.example\ntls: { certificate: ${certificate}, key: ${key} }`
  const server = await startTestServer({ nodes: 1, settings })
  const base = await server.listen()
  const reader = await aReader(server, new URL(String(base).replace('http:', 'https:')))
  const stream = await reader.open()
  assert.equal((await stream.next())?.data.changes, null)
  await server.admin('clients.update', { params: reader.params, body: { name: 'another' } })
  assert.equal((await stream.nextChange())?.data.changes?.length, 1)
  await server.admin('clients.delete', { params: reader.params })
  assert.deepEqual((await stream.nextChange())?.data, { reason: 'client' })
  assert.equal(await stream.next(), undefined)
})

test('streams are counted by realm, and their ends by reason, but not among the durations of requests', seconds(20), async () => {
  const server = await startTestServer({ nodes: 1, settings: 'operationsListen: 127.0.0.1:0' })
  const { public: base, operations } = await server.listenEverywhere()
  const reader = await aReader(server, base)
  const metrics = async () => (await fetch(new URL('/metrics', operations))).text()
  const stream = await reader.open()
  await stream.next()
  assert.match(await metrics(), /countersign_feed_streams\{realm="prod"\} 1\n/)
  await server.admin('clients.delete', { params: reader.params })
  while (await stream.next());
  const after = await metrics()
  for (const line of [
    'feed_streams{realm="prod"} 0',
    'feed_stream_ends_total{reason="client"} 1',
    'feed_stream_ends_total{reason="gone"} 0',
  ])
    assert.ok(after.includes(`countersign_${line}\n`), line)
  assert.match(after, /countersign_feed_events_total [1-9]/)
  assert.ok(after.includes('countersign_requests_total{endpoint="changes",status="2xx"} 1'))
  assert.ok(!after.includes('duration_seconds_count{endpoint="changes"}'))
})

test('a reader without the scope gets 403 and nothing else, which the audit log notes', seconds(20), async () => {
  const server = await startTestServer({ nodes: 1 })
  const base = await server.listen()
  const token = await server.tokenOf('prod', await server.aClient('prod'))
  const { response } = await openStream(new URL(path, base), { token })
  const body = (await response.toArray()).join('')
  assert.deepEqual([response.statusCode, response.headers['content-type']], [403, 'application/problem+json; charset=utf-8'])
  assert.equal((JSON.parse(body) as { type: string }).type.split('/').at(-1), 'insufficient-scope')
  await server.shutDown()
  const rows = await server.database.query<{ reason: string; detail: string }>(
    `select reason, detail from audit_events where kind = 'request'`,
  )
  assert.deepEqual(
    rows.map(({ reason, detail }) => [reason, (JSON.parse(detail) as { route: string }).route]),
    [['http-403', path]],
  )
})
