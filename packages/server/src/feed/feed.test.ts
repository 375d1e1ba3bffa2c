import assert from 'node:assert/strict'
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
  return { ...client, token, open }
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

test('a stream ends when the server stops', seconds(20), async () => {
  const server = await startTestServer({ nodes: 1 })
  const { open } = await aReader(server, await server.listen())
  const stream = await open()
  await stream.next()
  const stopped = server.shutDown()
  assert.deepEqual((await stream.nextChange())?.data, { reason: 'stopping' })
  assert.equal(await stream.next(), undefined)
  await stopped
})
