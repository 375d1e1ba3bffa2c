// Failover: a promoted standby has another history than the primary that the nodes followed, and an old primary keeps answering.
// Neither may let a node accept what was revoked.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { findFailoverLosses } from '../../src/audit/verify/find-failover-losses.ts'
import { verifyEvents } from '../../src/audit/verify/verify-events.ts'
import { readKeyRing } from '../../src/keys/read-key-ring.ts'
import { skipWithoutPostgres, startPostgres } from '../store/postgres.fixture.ts'
import { openStore } from '../../src/store/store.ts'
import { eventually } from '../store/processes.fixture.ts'
import { inRealm, startNodes, type Node } from './nodes.fixture.ts'

const skip = skipWithoutPostgres()

async function aPair(t: TestContext) {
  const primary = await startPostgres()
  const standby = await primary.addStandby()
  t.after(async () => {
    for (const server of [standby, primary]) {
      server.thaw()
      await server.close()
    }
  })
  return { primary, standby }
}

const disable = ({ admin }: Node, { clientId }: { clientId: string }) =>
  admin.call('clients.update', { params: { ...inRealm, client: clientId }, body: { enabled: false } }, { ifMatch: '*' })

const rename = ({ admin }: Node, { clientId }: { clientId: string }) =>
  admin.call('clients.update', { params: { ...inRealm, client: clientId }, body: { name: 'Other' } }, { ifMatch: '*' })

async function revisionOf(url: string): Promise<number> {
  const store = await openStore(url)
  const { value } = await store.db.selectFrom('epoch').select('value').executeTakeFirstOrThrow()
  await store.close()
  return value
}

const succeeds = (work: Promise<unknown>) => work.then(() => true).catch(() => false)

test(
  'fault 9.1: a node applies a change that has the same number as one that it had applied before and that a failover lost',
  { skip },
  async (t) => {
    const { primary, standby } = await aPair(t)
    const { nodes, aKnownClient, log, folder } = await startNodes(t, 2, { database: primary.url })
    const [one, other] = nodes as [Node, Node]
    const [renamed, disabled] = [await aKnownClient('acme'), await aKnownClient('beta')]
    const before = await revisionOf(primary.url)
    const from = Date.now()
    // The standby has everything up to here, and lacks what follows.
    await primary.waitForStandby(true)
    for (const node of nodes) await rename(node, renamed)
    await primary.waitForStandby(false)
    await standby.stop()
    await eventually('a commit waits for no standby', () => succeeds(rename(one, renamed)))
    for (let i = 0; i < 3; i++) await rename(one, renamed)
    await one.server.pull()
    const lost = await revisionOf(primary.url)
    assert.ok(lost > before + 1)

    for (const { line } of nodes) line.cut()
    await primary.kill()
    await standby.start()
    await standby.promote()
    const to = Date.now()
    other.line.moveTo(standby.url)
    other.line.heal()
    await eventually('the other node disables the client', () => succeeds(disable(other, disabled)))
    while ((await revisionOf(standby.url)) < lost) await rename(other, renamed)
    assert.equal(await revisionOf(standby.url), lost)

    one.line.moveTo(standby.url)
    one.line.heal()
    await eventually('the node hears of the database', () => succeeds(one.server.pull()))
    assert.equal((await one.requestToken(disabled)).status, 401)
    assert.equal((await one.requestToken(renamed)).status, 200)
    assert.ok(log.some((line) => line.includes('another history')))

    // Fault 9.14, in the audit log of a real failover.
    await one.server.close() // Seals its events.
    const store = await openStore(standby.url)
    t.after(store.close)
    const keys = { pepper: await readKeyRing('secret pepper', `file:${join(folder, 'pepper')}`) }
    assert.equal((await verifyEvents(store.db, keys)).fault?.kind, 'removed')
    const lostRows = await findFailoverLosses(store.db, keys, { from, to, anchors: [] })
    await other.server.recordFailover({ from, to, reason: 'a test', recordedBy: 'root', nodes: lostRows })
    await other.server.close()
    const { fault, failovers = [] } = await verifyEvents(store.db, keys)
    assert.deepEqual([fault, failovers[0]?.reason], [undefined, 'a test'])
    assert.ok(failovers[0]!.lostEvents >= 4)
  },
)

test('fault 9.2: a node that stays at an old primary without its standby stops at the end of its lease', { skip }, async (t) => {
  const { primary, standby } = await aPair(t)
  await primary.waitForStandby(true)
  const { nodes, aKnownClient, log } = await startNodes(t, 2, { database: primary.url, settings: 'lease: 5s' })
  const [left, moved] = nodes as [Node, Node]
  const [disabled, unknown] = [await aKnownClient('acme'), await aKnownClient('beta')]
  await rename(moved, unknown) // The node gets an operator's token here.
  await standby.promote()
  await standby.waitForStandby(false)
  moved.line.moveTo(standby.url)
  await eventually('the node that moved disables the client', () => succeeds(disable(moved, disabled)))

  await eventually('the lease has ended', async () => (await left.requestToken(disabled)).status === 503, 20)
  assert.equal((await left.me(disabled.token)).status, 503)
  assert.equal((await left.requestToken({ ...unknown, clientSecret: disabled.clientSecret })).status, 503)
  assert.equal((await left.server.app.inject('/readyz')).statusCode, 503)
  assert.ok(log.some((line) => line.includes('confirms no commit')))

  left.line.moveTo(standby.url)
  await eventually('it has moved, too', async () => (await left.requestToken(unknown)).status === 200, 20)
  assert.equal((await left.requestToken(disabled)).status, 401)
  assert.equal((await moved.requestToken(unknown)).status, 200)
  await eventually('it is ready', async () => (await left.server.app.inject('/readyz')).statusCode === 200, 10)
})

test('fault 9.2: during a short wait for the standby tokens are issued and the node stays ready', { skip }, async (t) => {
  const { primary, standby } = await aPair(t)
  await primary.waitForStandby(true)
  const { nodes, aKnownClient } = await startNodes(t, 1, { database: primary.url })
  const [node] = nodes as [Node]
  const client = await aKnownClient()
  standby.freeze()
  for (let i = 0; i < 3; i++) await node.server.pull()
  assert.equal((await node.requestToken(client)).status, 200)
  assert.equal((await node.server.app.inject('/readyz')).statusCode, 200)
})
