import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import type { Kysely } from 'kysely'
import { openStore } from '../../store/store.ts'
import type { Schema } from '../../store/schema.ts'
import { createNodeName } from '../../node-ids.ts'
import { createAuditChain } from '../events/audit-chain.ts'
import { createAuditMac, type AuditKeys, type AuditMac } from '../events/audit-mac.ts'
import { protectedValues } from '../events/event-row.ts'
import { createAuditLog } from '../audit-log.ts'
import { createEventSealer } from '../seals/seal-events.ts'
import { verifyEvents } from './verify-events.ts'
import { createEventWriter } from '../write-events.ts'

const pepper = { versions: new Map([[1, createSecretKey(randomBytes(32))]]), currentVersion: 1 }

/** A sealed log of nine events, three of each of three server runs, and the index of the event to tamper with. */
async function aLog(t: TestContext, keys: AuditKeys = { pepper }) {
  const { db, close } = await openStore('sqlite::memory:')
  t.after(close)
  let now = Date.UTC(2026, 0, 1)
  for (let run = 0; run < 3; run++) {
    const chain = createAuditChain(createNodeName(), createAuditMac(keys))
    const audit = createAuditLog({ writeToStore: createEventWriter(db), chain, clock: () => now++, onFailure: assert.fail })
    const sealer = createEventSealer({ db, chain, clock: () => now, onFailure: assert.fail })
    await sealer.seal()
    for (const reason of ['a', 'b', 'c']) {
      await audit.append({ kind: 'request', outcome: 'refused', reason })
      await sealer.seal()
    }
    await audit.close()
    await sealer.close()
  }
  const ids = (await db.selectFrom('audit_events').select('id').orderBy('id').execute()).map(({ id }) => id)
  return { db, ids, verify: () => verifyEvents(db, keys) }
}

/** Makes the MACs of a node's seals again, as a version did whose first seals cover no other seal. */
async function sealAgain(db: Kysely<Schema>, node: string, make: AuditMac['make']) {
  const seals = await db.selectFrom('audit_seals').selectAll().where('node', '=', node).orderBy('number').execute()
  let before = ''
  for (const { mac: _, ...seal } of seals) {
    before = make([seal.node, seal.number, seal.sealed_at, seal.last_event, seal.skipped, before])
    await db.updateTable('audit_seals').set({ mac: before }).where('node', '=', node).where('number', '=', seal.number).execute()
  }
}

const none = { confirmed: 0, beforeRestore: 0, latestAt: null }

test('abuse 238: an unchanged log verifies', async (t) => {
  const { verify } = await aLog(t)
  assert.deepEqual(await verify(), { events: 9, unprotected: 0, unsealed: 0, unanchored: 9, anchors: none, fault: undefined })
})

const texts = ['kind', 'outcome', 'reason', 'realm', 'client_id', 'detail', 'request_id', 'mac']
const added = ['actor_kind', 'actor_id', 'actor_realm', 'actor_via', 'on_behalf_of', 'caller_request_id', 'trace_id']
for (const column of ['at', 'layout', ...texts, ...added]) {
  test(`abuse 238: an event whose ${column} was altered is named`, async (t) => {
    const { db, ids, verify } = await aLog(t)
    await db
      .updateTable('audit_events')
      .set({ [column]: column === 'at' || column === 'layout' ? 1 : 'other' })
      .where('id', 'in', [ids[4]!, ids[7]!])
      .execute()
    const { fault } = await verify()
    assert.deepEqual([fault?.kind, fault?.id], ['altered', ids[4]])
  })
}

test('abuse 238: after the removal of an event the one behind the gap is named', async (t) => {
  const { db, ids, verify } = await aLog(t)
  await db.deleteFrom('audit_events').where('id', '=', ids[4]!).execute()
  const { fault } = await verify()
  assert.deepEqual([fault?.kind, fault?.id], ['removed', ids[5]])
})

test('abuse 238: the removal of events from the end of a run is detected', async (t) => {
  const { db, ids, verify } = await aLog(t)
  await db.deleteFrom('audit_events').where('id', '=', ids[8]!).execute()
  const { fault } = await verify()
  assert.deepEqual([fault?.kind, fault?.id], ['removed', ids[7]])
})

test('abuse 238: the removal of a whole run with its seals is detected', async (t) => {
  const { db, ids, verify } = await aLog(t)
  const node = ids[4]!.slice(13, 21)
  await db.deleteFrom('audit_events').where('id', 'like', `%-${node}-%`).execute()
  await db.deleteFrom('audit_seals').where('node', '=', node).execute()
  const { fault } = await verify()
  assert.equal(fault?.kind, 'seal')
  assert.match(fault?.message ?? '', new RegExp(`The seal 3 of the node ${node} was removed`))
})

test('abuse 238: the removal of the last event of an ended run with its seal is detected', async (t) => {
  const { db, ids, verify } = await aLog(t)
  const node = ids[2]!.slice(13, 21)
  await db.deleteFrom('audit_events').where('id', '=', ids[2]!).execute()
  await db.deleteFrom('audit_seals').where('node', '=', node).where('number', '=', 3).execute()
  assert.equal((await verify()).fault?.kind, 'seal')
})

test('abuse 238: an inserted event that pretends to be from before the log was protected is named', async (t) => {
  const { db, ids, verify } = await aLog(t)
  const copied = await db.selectFrom('audit_events').selectAll().where('id', '=', ids[4]!).executeTakeFirstOrThrow()
  const pretend = (id: string) => `${id.slice(0, 13)}00000000-00000001`
  const insert = (id: string) =>
    db
      .insertInto('audit_events')
      .values({ ...copied, id, mac: '' })
      .execute()
  await insert(pretend(ids[0]!)) // sorts before every other id, as events from before the protection do
  assert.equal((await verify()).fault, undefined)
  await insert(pretend(ids[5]!))
  const { fault, unprotected } = await verify()
  assert.deepEqual([fault?.kind, fault?.id, unprotected], ['out-of-order', pretend(ids[5]!), 2])
})

test('abuse 238: an inserted event is named, even if it copies another', async (t) => {
  const { db, ids, verify } = await aLog(t)
  const copied = await db.selectFrom('audit_events').selectAll().where('id', '=', ids[4]!).executeTakeFirstOrThrow()
  const id = `${ids[4]!.slice(0, -1)}9`
  await db
    .insertInto('audit_events')
    .values({ ...copied, id })
    .execute()
  assert.deepEqual((await verify()).fault, { id, kind: 'altered', message: `The event "${id}" is not as it was written.` })
})

test('abuse 238: two events with exchanged contents are named', async (t) => {
  const { db, ids, verify } = await aLog(t)
  const [first, second] = [ids[3]!, ids[4]!]
  const contents = async (id: string) => {
    const { id: _, ...rest } = await db.selectFrom('audit_events').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    return rest
  }
  const [ofFirst, ofSecond] = [await contents(first), await contents(second)]
  await db.updateTable('audit_events').set(ofSecond).where('id', '=', first).execute()
  await db.updateTable('audit_events').set(ofFirst).where('id', '=', second).execute()
  assert.deepEqual([(await verify()).fault?.kind, (await verify()).fault?.id], ['altered', first])
})

test('abuse 238: a removed or altered seal is named', async (t) => {
  const { db, verify } = await aLog(t)
  await db.updateTable('audit_seals').set({ last_event: 1 }).where('number', '=', 2).execute()
  assert.equal((await verify()).fault?.kind, 'seal')
  await db.deleteFrom('audit_seals').where('number', '=', 2).execute()
  assert.match((await verify()).fault?.message ?? '', /The seal 2 of the node [0-9a-f]{8} is missing/)
})

test('abuse 238: a seal with an altered list is named, and does not prevent the next start', async (t) => {
  const { db, verify } = await aLog(t)
  for (const skipped of ['no list', '{}', '[1, null]']) {
    await db.updateTable('audit_seals').set({ skipped }).where('number', '=', 0).execute()
    assert.equal((await verify()).fault?.kind, 'seal')
    await createEventSealer({
      db,
      chain: createAuditChain(createNodeName(), createAuditMac({ pepper })),
      clock: Date.now,
      onFailure: assert.fail,
    }).close()
  }
})

test('abuse 238: if all seals were removed with the newest events, the first remaining event has no seal before it', async (t) => {
  const { db, ids, verify } = await aLog(t)
  await db.deleteFrom('audit_events').where('id', 'in', ids.slice(-2)).execute()
  await db.deleteFrom('audit_seals').execute()
  const { fault } = await verify()
  assert.deepEqual([fault?.kind, fault?.id], ['seal', ids[0]])
  assert.match(fault?.message ?? '', new RegExp(`^The seal 0 of the node ${ids[0]!.slice(13, 21)} is missing`))
})

test('fault 5.2: a log of 33,000 server runs without any seal is verified, and the first event is named', async (t) => {
  const { db, close } = await openStore('sqlite::memory:')
  t.after(close)
  const mac = createAuditMac({ pepper })
  const nodes = Array.from({ length: 33_000 }, (_, run) => (run + 1).toString(16).padStart(8, '0'))
  const rows = nodes.map((node, run) => createAuditChain(node, mac).stamp({ kind: 'request', outcome: 'refused', reason: 'a' }, run + 1))
  await createEventWriter(db)(rows)
  const { events, fault } = await verifyEvents(db, { pepper })
  assert.deepEqual([events, fault?.kind, fault?.id], [33_000, 'seal', rows[0]!.id])
})

test('abuse 238: a rewrite of the whole log without the pepper is detected at the first event', async (t) => {
  const { db, ids } = await aLog(t)
  const other = { versions: new Map([[1, createSecretKey(randomBytes(32))]]), currentVersion: 1 }
  const { fault } = await verifyEvents(db, { pepper: other })
  assert.deepEqual([fault?.kind, fault?.id], ['altered', ids[0]])
})

test('abuse 238: a run under the audit key that is written again under the pepper is detected, once another has begun', async (t) => {
  const auditKey = { versions: new Map([[1, createSecretKey(randomBytes(32))]]), currentVersion: 1 }
  const { db, ids, verify } = await aLog(t, { pepper, auditKey })
  assert.equal((await verify()).fault, undefined)
  const { make } = createAuditMac({ pepper })
  const node = ids[4]!.slice(13, 21)
  for (const event of await db.selectFrom('audit_events').selectAll().where('id', 'like', `%-${node}-%`).execute()) {
    const altered = { ...event, reason: 'forged' }
    await db
      .updateTable('audit_events')
      .set({ ...altered, mac: make(protectedValues(altered)) })
      .where('id', '=', event.id)
      .execute()
  }
  await sealAgain(db, node, make)
  assert.equal((await verify()).fault?.kind, 'seal')
})

test('a first seal whose MAC does not cover the seals that it names, by an earlier version, verifies', async (t) => {
  const { db, ids, verify } = await aLog(t)
  await sealAgain(db, ids[8]!.slice(13, 21), createAuditMac({ pepper }).make)
  assert.equal((await verify()).fault, undefined)
})

test('a number that was skipped because its event could not be stored is no gap', async (t) => {
  const { db, close } = await openStore('sqlite::memory:')
  t.after(close)
  const chain = createAuditChain(createNodeName(), createAuditMac({ pepper }))
  let fails = false
  const write = createEventWriter(db)
  const writeToStore: typeof write = (rows) => (fails ? Promise.reject(new Error('disk full')) : write(rows))
  const audit = createAuditLog({ writeToStore, chain, clock: () => 1, onFailure: assert.fail })
  const sealer = createEventSealer({ db, chain, clock: () => 1, onFailure: assert.fail })
  for (fails of [false, true, false]) await audit.append({ kind: 'request', outcome: 'success' }).catch(() => {})
  await audit.close()
  await sealer.close()
  assert.deepEqual(await verifyEvents(db, { pepper }), {
    events: 2,
    unprotected: 0,
    unsealed: 0,
    unanchored: 2,
    anchors: none,
    fault: undefined,
  })
})

test('events behind the last seal are counted, because the removal of one would not be detected', async (t) => {
  const { db, verify } = await aLog(t)
  const chain = createAuditChain(createNodeName(), createAuditMac({ pepper }))
  const audit = createAuditLog({ writeToStore: createEventWriter(db), chain, clock: Date.now, onFailure: assert.fail })
  await createEventSealer({ db, chain, clock: Date.now, onFailure: assert.fail }).close()
  await audit.append({ kind: 'request', outcome: 'success' })
  await audit.close()
  assert.deepEqual(await verify(), { events: 10, unprotected: 0, unsealed: 1, unanchored: 10, anchors: none, fault: undefined })
})

test('a log verifies whose seal was stored although the store reported a failure', async (t) => {
  const { db, close } = await openStore('sqlite::memory:')
  t.after(close)
  let now = Date.UTC(2026, 0, 1)
  let loses = false
  const losingOneAnswer = db.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (!loses) return result
      loses = false
      throw new Error('connection lost')
    },
  })
  const chain = createAuditChain(createNodeName(), createAuditMac({ pepper }))
  const audit = createAuditLog({ writeToStore: createEventWriter(db), chain, clock: () => now++, onFailure: assert.fail })
  const sealer = createEventSealer({ db: losingOneAnswer, chain, clock: () => now++, onFailure: assert.fail })
  await sealer.seal()
  await audit.append({ kind: 'request', outcome: 'success' })
  loses = true
  await assert.rejects(sealer.seal(), /connection lost/)
  await audit.append({ kind: 'request', outcome: 'success' })
  await sealer.seal()
  await audit.append({ kind: 'request', outcome: 'success' })
  await audit.close()
  await sealer.close()
  assert.deepEqual(await verifyEvents(db, { pepper }), {
    events: 3,
    unprotected: 0,
    unsealed: 0,
    unanchored: 3,
    anchors: none,
    fault: undefined,
  })
})

/** For sealers that are not closed, because that would seal again: their timer may run after the test, when there is no store. */
const ignore = () => {}

test('fault 9.8: after damage to a spool a missing event is a fault, although no seal covers it', async (t) => {
  const { db, verify } = await aLog(t)
  const mac = createAuditMac({ pepper })
  const ended = createAuditChain(createNodeName(), mac)
  const sealer = createEventSealer({ db, chain: ended, clock: () => Date.UTC(2026, 0, 2), onFailure: ignore })
  await sealer.seal()
  const rows = ['a', 'b', 'c'].map((reason) => ended.stamp({ kind: 'request', outcome: 'refused', reason }, Date.UTC(2026, 0, 2)))
  await createEventWriter(db)([rows[0]!, rows[2]!])
  assert.equal((await verify()).fault, undefined, 'its number may never have been used')

  const chain = createAuditChain(createNodeName(), mac)
  await createEventSealer({ db, chain, clock: () => Date.UTC(2026, 0, 3), onFailure: ignore }).seal()
  const clock = () => Date.UTC(2026, 0, 3)
  const audit = createAuditLog({ writeToStore: createEventWriter(db), chain, clock, onFailure: assert.fail })
  const file = `${ended.node}-1-1.jsonl.damaged`
  await audit.append({ kind: 'spool.damaged', outcome: 'success', detail: { node: ended.node, file, position: 100 } })
  const { fault, damagedSpools } = await verify()
  assert.deepEqual([fault?.kind, fault?.id], ['removed', rows[2]!.id])
  assert.match(fault?.message ?? '', /event number 2 .* its spool was damaged, and is kept as/)
  assert.deepEqual(
    damagedSpools?.map(({ node, file }) => [node, file]),
    [[ended.node, file]],
  )
  await createEventWriter(db)([rows[1]!]) // The line was repaired and the file put back.
  assert.equal((await verify()).fault, undefined)
  await audit.close()
})
