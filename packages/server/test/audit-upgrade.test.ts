// An audit log that a previous version wrote, or still writes beside this one: its rows have layout 1, are protected by the
// pepper, and are inserted without the columns that were added later.
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createAuditLog } from '../src/audit/audit-log.ts'
import { createAuditChain, type AuditChain } from '../src/audit/events/audit-chain.ts'
import { createAuditMac, type AuditKeys } from '../src/audit/events/audit-mac.ts'
import { protectedValues, type EventRow } from '../src/audit/events/event-row.ts'
import { createEventSealer } from '../src/audit/seals/seal-events.ts'
import { verifyEvents } from '../src/audit/verify/verify-events.ts'
import { createEventWriter } from '../src/audit/write-events.ts'
import { createNodeName } from '../src/node-ids.ts'
import { migrations } from '../src/store/migrations.ts'
import { openStore, type Store } from '../src/store/store.ts'
import { aTestStore } from './store/test-store.fixture.ts'

const ring = (byte: number) => ({ versions: new Map([[1, createSecretKey(Buffer.alloc(32, byte))]]), currentVersion: 1 })
const pepper = ring(1)
const keys: AuditKeys = { pepper, auditKey: ring(2) }
const beforeThisVersion = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '004'))

/** A chain of the previous version. */
function anOldChain(): AuditChain {
  const mac = createAuditMac({ pepper })
  const chain = createAuditChain(createNodeName(), mac)
  return {
    ...chain,
    stamp(event, at) {
      const { layout: _, mac: __, ...first }: EventRow = chain.stamp({ ...event, callerRequestId: undefined, traceId: undefined }, at)
      return { ...first, mac: mac.make(Object.values(first)) }
    },
  }
}

/** One run of a server: three events, each sealed. */
async function aRun({ db }: Pick<Store, 'db'>, chain: AuditChain, clock: () => number): Promise<void> {
  const sealer = createEventSealer({ db, chain, clock, onFailure: assert.fail })
  const audit = createAuditLog({ writeToStore: createEventWriter(db), chain, clock, onFailure: assert.fail })
  await sealer.seal()
  for (const facts of [{}, { callerRequestId: 'a-1' }, { reason: 'wrong-secret' }]) {
    await audit.append({ kind: 'request', outcome: 'refused', ...facts })
    await sealer.seal()
  }
  await audit.close()
  await sealer.close()
}

async function anUpgrade(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-upgrade-'))
  const database = await aTestStore(join(folder, 'store.db'))
  let now = Date.UTC(2026, 0, 1)
  const clock = () => now++
  const before = await openStore(database.location, { history: beforeThisVersion })
  await aRun(before, anOldChain(), clock)
  await before.close()
  return {
    ...database,
    clock,
    async open() {
      const store = await openStore(database.location)
      t.after(async () => {
        await store.close()
        await database.close()
        rmSync(folder, { recursive: true })
      })
      return store
    },
    /** A server of the previous version that runs beside this one. */
    before: () => openStore(database.location, { history: beforeThisVersion }),
  }
}

test('after an upgrade rows of the previous version and of both side by side verify, with and without an audit key', async (t) => {
  const { open, clock } = await anUpgrade(t)
  const store = await open()
  const chainOf = (withKeys: AuditKeys) => createAuditChain(createNodeName(), createAuditMac(withKeys))
  await aRun(store, chainOf({ pepper }), clock)
  await aRun(store, anOldChain(), clock)
  await aRun(store, chainOf(keys), clock)
  const { events, fault, unsealed } = await verifyEvents(store.db, keys)
  assert.deepEqual([events, fault, unsealed], [12, undefined, 0])
  const layouts = await store.db.selectFrom('audit_events').select('layout').orderBy('id').execute()
  assert.deepEqual(
    layouts.map(({ layout }) => layout),
    [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2],
  )
  const { fault: withoutKey } = await verifyEvents(store.db, { pepper })
  assert.equal(withoutKey?.kind, 'key')
  assert.match(withoutKey.message, /names version 1 of the audit key, which is not in the configuration/)
})

test('abuse 238: the pepper alone does not suffice to rewrite rows that the audit key protects', async (t) => {
  const { open, clock } = await anUpgrade(t)
  const { db } = await open()
  const chain = createAuditChain(createNodeName(), createAuditMac(keys))
  await aRun({ db }, chain, clock)
  const last = await db.selectFrom('audit_events').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirstOrThrow()
  const forged = { ...last, reason: 'nothing', mac: '' }
  forged.mac = createAuditMac({ pepper }).make(protectedValues(forged))
  await db.updateTable('audit_events').set(forged).where('id', '=', last.id).execute()
  const { fault } = await verifyEvents(db, keys)
  assert.deepEqual([fault?.kind, fault?.id], ['altered', last.id])
})

test('a store can be verified before a server of this version has opened it', async (t) => {
  const { before, close } = await anUpgrade(t)
  const store = await before()
  const { events, fault } = await verifyEvents(store.db, keys)
  await store.close()
  await close()
  assert.deepEqual([events, fault], [3, undefined])
})

test('one batch can contain rows of both versions, like the spool of an upgraded server', async (t) => {
  const { open, clock } = await anUpgrade(t)
  const { db } = await open()
  const old = anOldChain()
  const chain = createAuditChain(createNodeName(), createAuditMac(keys))
  const [details, traced] = [
    { kind: 'request', outcome: 'refused' },
    { kind: 'request', outcome: 'refused', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
  ] as const
  const rows = [old.stamp(details, clock()), chain.stamp(traced, clock()), chain.stamp(details, clock()), old.stamp(details, clock())]
  for (const one of [old, chain]) await createEventSealer({ db, chain: one, clock, onFailure: assert.fail }).seal()
  // The spool contains JSON.
  await createEventWriter(db)(JSON.parse(JSON.stringify(rows)) as EventRow[])
  const { events, fault } = await verifyEvents(db, keys)
  assert.deepEqual([events, fault], [7, undefined])
  assert.deepEqual(protectedValues(rows[2]!).length, 12)
})
