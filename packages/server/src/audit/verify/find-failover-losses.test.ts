import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { CompiledQuery } from 'kysely'
import { createNodeName } from '../../node-ids.ts'
import { openStore } from '../../store/store.ts'
import { createAuditLog } from '../audit-log.ts'
import { createAuditChain } from '../events/audit-chain.ts'
import { createAuditMac } from '../events/audit-mac.ts'
import type { LostOfNode } from '../events/kinds.ts'
import type { KeptAnchor } from '../seals/anchor-files.ts'
import { failoverKind } from '../seals/recorded-losses.ts'
import { createEventSealer } from '../seals/seal-events.ts'
import { createEventWriter } from '../write-events.ts'
import { findFailoverLosses } from './find-failover-losses.ts'
import { verifyEvents } from './verify-events.ts'

const pepper = { versions: new Map([[1, createSecretKey(randomBytes(32))]]), currentVersion: 1 }
const start = Date.UTC(2026, 0, 31, 12)
const at = (seconds: number) => start + seconds * 1000
const during = { from: at(100), to: at(200) }

/** A database with running servers; the clock is moved by hand. */
async function aDatabase(t: TestContext) {
  const { db, close } = await openStore('sqlite::memory:')
  t.after(close)
  let now = start
  const anchors = new Map<string, KeptAnchor>()
  const clock = () => now

  async function aNode() {
    const chain = createAuditChain(createNodeName(), createAuditMac({ pepper }))
    const audit = createAuditLog({ writeToStore: createEventWriter(db), chain, clock, onFailure: assert.fail })
    const sealer = createEventSealer({
      db,
      chain,
      clock,
      onFailure: assert.fail,
      onSealed: async ({ node, number, sealed_at: sealedAt, last_event: lastEvent, mac }) =>
        void anchors.set(node, { node, number, sealedAt, lastEvent, mac, file: `anchor-${node}` }),
    })
    await sealer.seal()
    return {
      name: chain.node,
      /** Writes an event at each of these seconds, and seals each if `sealed`. */
      async write(seconds: readonly number[], { sealed = true } = {}) {
        for (const second of seconds) {
          now = at(second)
          await audit.append({ kind: 'request', outcome: 'refused' })
          if (sealed) await sealer.seal()
        }
      },
      async record(nodes: readonly LostOfNode[]) {
        const by = { realm: 'operators', client: 'setup' }
        const detail = { ...during, reason: 'db1 lost its disk', recordedBy: 'root@db2', nodes, by }
        const kind = failoverKind
        await db.transaction().execute(async (transaction) => {
          const row = chain.stamp({ kind, outcome: 'success', detail }, now)
          await transaction.insertInto('audit_events').values(row).execute()
          chain.markStored(row)
        })
        await sealer.seal()
      },
    }
  }

  /** What the old primary took in this time did not reach the new one. */
  async function lose(from: number, to: number) {
    await db.deleteFrom('audit_events').where('at', '>=', at(from)).where('at', '<', at(to)).execute()
    await db.deleteFrom('audit_seals').where('sealed_at', '>=', at(from)).where('sealed_at', '<', at(to)).execute()
  }
  const kept = () => [...anchors.values()]
  const verify = () => verifyEvents(db, { pepper }, { anchors: kept() })
  const find = (time = during) => findFailoverLosses(db, { pepper }, { ...time, anchors: kept() })
  return { db, aNode, lose, verify, find }
}

test('fault 9.14: after a failover that lost changes the log verifies once it is recorded, and says who recorded what', async (t) => {
  const { aNode, lose, verify, find } = await aDatabase(t)
  const [one, other] = [await aNode(), await aNode()]
  await one.write([10, 110, 120, 130])
  await other.write([20, 125])
  await lose(115, 150)
  await one.write([210, 220])
  await other.write([230])
  assert.equal((await verify()).fault?.kind, 'removed')

  const nodes = await find()
  assert.deepEqual(
    new Map(nodes.map(({ node, events, seals }) => [node, [events, seals.map(({ numbers }) => numbers)]])),
    new Map([
      [one.name, [[[3, 4]], [[3, 4]]]],
      [other.name, [[[2, 2]], [[2, 2]]]],
    ]),
  )
  await one.record(nodes)
  const { fault, failovers = [] } = await verify()
  assert.equal(fault, undefined)
  assert.deepEqual(
    failovers.map(({ from, to, reason, recordedBy, lostEvents, lostSeals }) => [from, to, reason, recordedBy, lostEvents, lostSeals]),
    [[during.from, during.to, 'db1 lost its disk', 'root@db2', 3, 3]],
  )
  await one.write([300, 310])
  await other.write([320])
  assert.deepEqual([(await verify()).fault, await find()], [undefined, []])
})

test('fault 9.14: a server that ended with the old primary, and one whose first seals were lost, are recorded, too', async (t) => {
  const { aNode, lose, verify, find } = await aDatabase(t)
  const ended = await aNode()
  await ended.write([10, 130, 140])
  const young = await aNode() // Its first seal is as old as the last event.
  await young.write([141, 150])
  await lose(120, 150)
  await young.write([210])
  assert.notEqual((await verify()).fault, undefined)
  const nodes = await find()
  await young.record(nodes)
  const { fault, anchors } = await verify()
  assert.deepEqual([fault, anchors.lost], [undefined, 1])
})

test('fault 9.14: events that no lost seal covered are recorded up to the next seal', async (t) => {
  const { aNode, lose, verify, find } = await aDatabase(t)
  const node = await aNode()
  await node.write([10, 110])
  await node.write([115, 116], { sealed: false })
  await lose(112, 200)
  await node.write([210])
  assert.equal((await verify()).fault?.kind, 'removed')
  await node.record(await find())
  assert.equal((await verify()).fault, undefined)
})

test('fault 9.14: events removed at another time, or after the record, are not explained by it', async (t) => {
  for (const second of [10, 20, 220]) {
    for (const withSeal of [true, false]) {
      const { db, aNode, lose, verify, find } = await aDatabase(t)
      const node = await aNode()
      await node.write([10, 20, 30, 110, 120, 210, 220, 230])
      await lose(115, 150)
      if (withSeal) await lose(second, second + 1)
      else await db.deleteFrom('audit_events').where('at', '=', at(second)).execute()
      await node.record(await find())
      assert.notEqual((await verify()).fault, undefined, `removed at ${second}`)
    }
  }
  const { db, aNode, lose, verify, find } = await aDatabase(t)
  const node = await aNode()
  await node.write([10, 110, 120, 210, 220, 230])
  await lose(115, 150)
  await node.record(await find())
  assert.equal((await verify()).fault, undefined)
  await db.deleteFrom('audit_events').where('at', '=', at(110)).execute()
  assert.equal((await verify()).fault?.kind, 'removed')
})

test('fault 9.14: without the audit key a record cannot be made, altered or widened, and its removal is a fault', async (t) => {
  const attacks = {
    forged: `insert into audit_events (id, at, kind, outcome, detail, mac, layout) select substr(id, 1, 13) || 'ffffffff-00000001', at, kind, outcome, detail, mac, layout from audit_events where kind = '${failoverKind}'`,
    widened: `update audit_events set detail = replace(detail, '"events":[[3,3]]', '"events":[[2,3]]') where kind = '${failoverKind}'`,
    removed: `delete from audit_events where kind = '${failoverKind}'`,
    'with another seal after the lost one': `update audit_seals set skipped = '[2]' where number = 4`,
  }
  for (const [what, statement] of Object.entries(attacks)) {
    const { db, aNode, lose, verify, find } = await aDatabase(t)
    const node = await aNode()
    await node.write([10, 110, 120, 210, 220])
    await lose(115, 150)
    await node.record(await find())
    await node.write([230])
    assert.equal((await verify()).fault, undefined)
    await db.executeQuery(CompiledQuery.raw(statement))
    await db.deleteFrom('audit_events').where('at', '=', at(110)).execute()
    assert.notEqual((await verify()).fault, undefined, what)
  }
})

test('fault 9.14: a seal after a lost one cannot hide events as skipped before the failover is recorded', async (t) => {
  const { db, aNode, lose, find } = await aDatabase(t)
  const node = await aNode()
  await node.write([10, 110, 120, 210, 220])
  await lose(115, 150)
  await db.updateTable('audit_seals').set({ skipped: '[3,4]' }).where('number', '=', 4).execute()
  await db.deleteFrom('audit_events').where('at', '=', at(210)).execute()
  const [found] = await find()
  assert.deepEqual(found?.events, [[3, 4]], 'they are listed as missing')
})
