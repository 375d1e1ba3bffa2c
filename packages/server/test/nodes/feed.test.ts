// Streams of changes at two nodes: a change at one is told by the other, whatever happens to hints, nodes and the database.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openStream, type OpenStream } from '../event-stream.fixture.ts'
import { skipWithoutPostgres } from '../store/postgres.fixture.ts'
import { eventually } from '../store/processes.fixture.ts'
import { inRealm, startNodes, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()

async function twoNodes(t: TestContext, settings = '') {
  const all = await startNodes(t, 2, { settings })
  const [one, other] = all.nodes as [Node, Node]
  const bases = await Promise.all(all.nodes.map(({ server }) => server.app.listen({ host: '127.0.0.1', port: 0 })))
  const { client: reader } = await all.aClient('reader', one, { scopes: ['entitlements:read'] })
  const ofReader = await all.tokenAt(one, reader)
  const streams: OpenStream[] = []
  t.after(() => streams.forEach((stream) => stream.close()))
  async function open(node: 0 | 1, { after, token = ofReader }: { after?: string; token?: string } = {}): Promise<OpenStream> {
    const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': after }
    const stream = await openStream(`${bases[node]}/prod/v1/changes`, { token, headers })
    streams.push(stream)
    return stream
  }
  const rename = ({ admin }: Node, client: string, name: string) =>
    admin.call('clients.update', { params: { ...inRealm, client }, body: { name } }, { ifMatch: '*' })
  return { ...all, one, other, reader, open, rename }
}

/** Reads until each of these clients was named, and checks that revisions only grow. */
async function readUntil(stream: OpenStream, clients: Iterable<string>): Promise<string | undefined> {
  const missing = new Set(clients)
  let [revision, last] = [0, undefined as string | undefined]
  while (missing.size > 0) {
    const event = await stream.nextChange()
    assert.ok(event?.data.changes, `${missing.size} are missing at the end: ${JSON.stringify(event)}`)
    assert.ok(event.data.asOf.revision > revision)
    revision = event.data.asOf.revision
    last = event.id
    for (const { clientId } of event.data.changes) if (clientId !== null) missing.delete(clientId)
  }
  return last
}

test('a change at one node arrives in the stream of the other', { skip, timeout: 60_000 }, async (t) => {
  const { one, open, aKnownClient, rename } = await twoNodes(t)
  const client = await aKnownClient('acme')
  const streams = { own: await open(0), other: await open(1) }
  for (const stream of Object.values(streams)) assert.equal((await stream.next())?.data.changes, null)
  const params = { ...inRealm, organization: 'acme' }
  const changes = [
    () => rename(one, client.clientId, 'another'),
    () => one.revoke(client),
    () => one.admin.call('organizations.suspend', { params, body: {} }),
    () => one.admin.call('organizations.resume', { params }),
    () => rename(one, client.clientId, 'the same'),
  ]
  for (const change of changes) {
    const arrivals = Object.entries(streams).map(async ([node, stream]) => {
      await stream.nextChange()
      return [node, performance.now()] as const
    })
    await change()
    const done = performance.now()
    for (const [node, at] of await Promise.all(arrivals)) t.diagnostic(`${node} node: ${(at - done).toFixed(1)} ms after the answer`)
  }
})

test('abuse 217: of 100 concurrent changes at two nodes the stream of neither misses one', { skip, timeout: 60_000 }, async (t) => {
  const { nodes, open, aClient, rename } = await twoNodes(t)
  const clients: string[] = []
  for (let i = 0; i < 20; i++) clients.push((await aClient(`acme-${i}`)).client.clientId)
  const streams = [await open(0), await open(1)]
  for (const stream of streams) await stream.next()
  const reading = streams.map((stream) => readUntil(stream, clients))
  await Promise.all(
    Array.from({ length: 5 }, async (_, writer) => {
      for (const [index, client] of clients.entries()) await rename(nodes[(writer + index) % 2]!, client, `${writer}`)
    }),
  )
  await Promise.all(reading)
})

test('abuse 218: without hints, a change arrives in the stream by the next pull', { skip, timeout: 60_000 }, async (t) => {
  const { one, other, open, aKnownClient, rename } = await twoNodes(t)
  const { clientId } = await aKnownClient('acme')
  const stream = await open(1)
  await stream.next()
  other.line.cutHints()
  await rename(one, clientId, 'another')
  await readUntil(stream, [clientId])
})

test(
  'abuse 221: a guard whose node is gone goes on at another one, which tells only what it missed',
  { skip, timeout: 60_000 },
  async (t) => {
    const { one, other, open, aKnownClient, rename } = await twoNodes(t)
    const [seen, missed] = [await aKnownClient('seen'), await aKnownClient('missed')]
    const stream = await open(0)
    await stream.next()
    await rename(other, seen.clientId, 'another')
    const last = await readUntil(stream, [seen.clientId])
    const closing = one.server.close()
    while ((await stream.next())?.event !== 'end');
    await closing
    await rename(other, missed.clientId, 'another')
    const again = await open(1, { after: last! })
    assert.deepEqual(
      (await again.next())?.data.changes?.map(({ clientId }) => clientId),
      [missed.clientId],
    )
  },
)

test(
  'abuse 215: the stream of a node that was cut off for longer than its lease tells what it missed, and that of a disabled client ends',
  { skip, timeout: 60_000 },
  async (t) => {
    const { one, other, open, aClient, tokenAt, aKnownClient, rename, reader } = await twoNodes(t, 'lease: 5s')
    const { client: stays } = await aClient('stays', one, { scopes: ['entitlements:read'] })
    const known = await aKnownClient('acme')
    const [ending, staying] = [await open(1), await open(1, { token: await tokenAt(one, stays) })]
    for (const stream of [ending, staying]) await stream.next()
    other.line.cut()
    await one.admin.call('clients.update', { params: { ...inRealm, client: reader.clientId }, body: { enabled: false } }, { ifMatch: '*' })
    await rename(one, known.clientId, 'another')
    await eventually('the lease has ended', async () => (await other.requestToken(stays)).status === 503, 10)
    other.line.heal()
    const missed = await staying.nextChange()
    assert.deepEqual(
      missed?.data.changes?.map(({ clientId }) => clientId),
      [reader.clientId, known.clientId],
    )
    assert.deepEqual((await ending.nextChange())?.data, { reason: 'client' })
  },
)

test(
  'abuse 212: what a guard was told by one node, another one that is behind knows when the guard asks it',
  { skip, timeout: 60_000 },
  async (t) => {
    const { one, other, open, reader, tokenAt, aKnownClient } = await twoNodes(t)
    const { clientId } = await aKnownClient('acme')
    const stream = await open(0)
    await stream.next()
    const headers = { authorization: `Bearer ${await tokenAt(other, reader)}` }
    const lookUp = async (known: Record<string, string> = {}) => {
      const url = `/prod/v1/entitlement?client_id=${clientId}`
      const answer = await other.server.app.inject({ url, headers: { ...headers, ...known } })
      return answer.json<{ client: { enabled: boolean } }>().client.enabled
    }
    other.line.cutHints()
    for (const enabled of [false, true, false]) {
      await one.admin.call('clients.update', { params: { ...inRealm, client: clientId }, body: { enabled } }, { ifMatch: '*' })
      const told = await stream.nextChange()
      assert.equal(await lookUp({ 'last-event-id': told!.id! }), enabled)
    }
    assert.equal(await lookUp({ 'last-event-id': 'of another version' }), false)
  },
)

test(
  'abuse 208: while the database is away, streams stay and tell how old the knowledge of their node is',
  { skip, timeout: 60_000 },
  async (t) => {
    const { other, open } = await twoNodes(t)
    const stream = await open(1)
    const ageWhere = async (isEnough: (age: number) => boolean): Promise<number> => {
      for (;;) {
        const event = await stream.next()
        assert.ok(event?.event === 'changes', JSON.stringify(event))
        if (isEnough(event.data.asOf.ageSeconds)) return event.data.asOf.ageSeconds
      }
    }
    other.line.cut()
    await ageWhere((age) => age > 6) // The lease is renewed every 5 s.
    other.line.heal()
    await ageWhere((age) => age < 3)
  },
)
