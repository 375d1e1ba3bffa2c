import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openStore } from '../src/store/store.ts'
import { aTestStore } from './store/test-store.fixture.ts'
import { AnchorError, readAnchors, readCopiedAnchors } from '../src/audit/seals/anchor-files.ts'
import { createNodeName } from '../src/node-ids.ts'
import { createAuditChain } from '../src/audit/events/audit-chain.ts'
import { createAuditMac } from '../src/audit/events/audit-mac.ts'
import { createAuditLog } from '../src/audit/audit-log.ts'
import { restoredKind } from '../src/audit/seals/compare-anchors.ts'
import { createAnchorKeeper } from '../src/audit/seals/keep-anchor.ts'
import { createEventSealer } from '../src/audit/seals/seal-events.ts'
import { verifyEvents } from '../src/audit/verify/verify-events.ts'
import { createEventWriter } from '../src/audit/write-events.ts'

const pepper = { versions: new Map([[1, createSecretKey(randomBytes(32))]]), currentVersion: 1 }
const mac = createAuditMac({ pepper })

/** A store on which servers of one machine run one after another, and to which an attacker has access, too. */
async function aMachine(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-anchors-'))
  const database = await aTestStore(join(folder, 'store.db'))
  const store = await openStore(database.location)
  const anchorsIn = join(folder, 'anchors')
  const place = join(anchorsIn, 'anchor-')
  const sealers: { close(): Promise<void> }[] = []
  t.after(async () => {
    // A server that has crashed in the test would go on sealing.
    for (const sealer of sealers) await sealer.close()
    await store.close()
    await database.close()
    rmSync(folder, { recursive: true })
  })
  let now = Date.UTC(2026, 0, 1)
  const said: string[] = []
  const log = { error: (line: unknown) => void said.push(`error: ${line}`), warn: (line: unknown) => void said.push(String(line)) }
  const files = () => readdirSync(anchorsIn).map((name) => join(anchorsIn, name))

  async function aServer({ beforeSealing = () => {} } = {}) {
    const [chain, clock] = [createAuditChain(createNodeName(), mac), () => now++]
    const anchors = createAnchorKeeper({ place, db: store.db, mac, log })
    const sealer = createEventSealer({ db: store.tokenPool, chain, clock, onSealed: anchors.keep, onFailure: assert.fail })
    sealers.push(sealer)
    const audit = createAuditLog({ writeToStore: createEventWriter(store.tokenPool), chain, clock, onFailure: assert.fail })
    beforeSealing()
    await sealer.seal()
    const write = async (...kinds: string[]) => {
      for (const kind of kinds) await audit.append({ kind: kind as 'request', outcome: 'success' })
    }
    const stop = async () => {
      await audit.close()
      await sealer.close()
    }
    return { node: chain.node, file: place + chain.node, anchors, write, seal: sealer.seal, stop }
  }

  /** A run of a server that wrote events, sealed them and stopped. */
  async function aRun(...kinds: string[]) {
    const server = await aServer()
    await server.write(...kinds)
    await server.stop()
    return server
  }

  const eventsOf = async (node: string): Promise<string[]> =>
    (await database.query<{ id: string }>(`select id from audit_events where id like '%-${node}-%' order by id`)).map(({ id }) => id)

  return {
    place,
    anchorsIn,
    files,
    said,
    query: database.query,
    eventsOf,
    aServer,
    aRun,
    verify: async (anchors: readonly string[] = files()) => verifyEvents(store.db, { pepper }, { anchors: readAnchors(anchors) }),
  }
}

test('an anchor that cannot be written is a warning, until a later seal has one', async (t) => {
  const { aServer, anchorsIn } = await aMachine(t)
  const { anchors, write, seal } = await aServer()
  assert.equal(anchors.warning(), undefined)
  rmSync(anchorsIn, { recursive: true })
  writeFileSync(anchorsIn, 'a file where the folder was')
  await write('one')
  await seal()
  assert.match(anchors.warning()!, /^the anchor of the audit log could not be written \(\w+\)/)
  assert.ok(!anchors.warning()!.includes(anchorsIn), 'its place is in the log only')
  rmSync(anchorsIn)
  await write('two')
  await seal()
  assert.equal(anchors.warning(), undefined)
})

test('abuse 238: the anchor detects that the newest events were removed with all seals', async (t) => {
  const { aRun, query, eventsOf, verify } = await aMachine(t)
  const { node, file } = await aRun('a', 'b', 'c')
  const [first] = await eventsOf(node)
  await query(`delete from audit_events where id > '${first}'`)
  await query('delete from audit_seals')
  const { fault } = await verify()
  assert.deepEqual([fault?.kind, fault?.id], ['anchor', first])
  assert.ok(fault?.message.includes(`the seal 1 of the node ${node}, up to its event number 3,`))
  assert.ok(fault?.message.includes(file))
  assert.equal((await verify([])).fault?.kind, 'seal', 'without the anchor the first seal is missing')
})

test('abuse 238: the anchor detects that all events and seals of a server were removed', async (t) => {
  const { aRun, query, verify } = await aMachine(t)
  await aRun('a')
  const { node } = await aRun('b', 'c')
  await query(`delete from audit_events where id like '%-${node}-%'`)
  await query(`delete from audit_seals where node = '${node}'`)
  assert.equal((await verify([])).fault, undefined, 'nothing in the store tells of it')
  const { fault } = await verify()
  assert.deepEqual([fault?.kind, fault?.id], ['anchor', ''])
})

test('abuse 238: the anchor detects that the last seal was removed; the next start reports that and keeps it', async (t) => {
  const { aServer, aRun, query, eventsOf, verify, said, files } = await aMachine(t)
  const server = await aServer()
  await server.write('a')
  await server.seal()
  await server.write('b')
  await server.stop()
  const [first, second] = await eventsOf(server.node)
  await query(`delete from audit_events where id = '${second}'`)
  await query(`delete from audit_seals where node = '${server.node}' and number = 2`)
  assert.equal((await verify([])).fault, undefined, 'nothing in the store tells of it')

  const next = await aServer()
  assert.deepEqual(await next.anchors.reconcile(), [])
  await next.stop()
  assert.equal(said.length, 1)
  assert.match(said[0]!, /^error: The log was cut: the seal 2 .* run "countersign audit verify"\. .* run "countersign restore"\.$/)
  await aRun('c')
  assert.ok(files().includes(server.file))
  assert.deepEqual([(await verify()).fault?.kind, (await verify()).fault?.id], ['anchor', first])
})

test('abuse 238: a seal that differs from the anchor is reported, although its own MAC is valid', async (t) => {
  const { aRun, verify } = await aMachine(t)
  const { file } = await aRun('a')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), mac: '1:of-another-seal' }))
  assert.equal((await verify()).fault?.kind, 'anchor')
  assert.equal((await verify([])).fault, undefined)
})

test('after the last seal of a crashed server events may be missing, and its anchor is not reported', async (t) => {
  const { aServer, query, eventsOf, verify, said, files } = await aMachine(t)
  const crashed = await aServer()
  await crashed.write('a')
  await crashed.seal()
  await crashed.write('b', 'c') // crashes here
  const [, , last] = await eventsOf(crashed.node)
  await query(`delete from audit_events where id = '${last}'`)
  const { fault, unsealed, unanchored } = await verify()
  assert.deepEqual([fault, unsealed, unanchored], [undefined, 1, 1])

  const next = await aServer()
  await next.anchors.reconcile()
  assert.deepEqual([said, files()], [[], [next.file]])
  assert.equal((await verify()).fault, undefined)
})

test('old anchors are removed, and the last one covers all previous runs', async (t) => {
  const { aServer, aRun, query, verify, files } = await aMachine(t)
  const { node } = await aRun('a', 'b')
  for (const kind of ['c', 'd']) {
    const server = await aServer()
    await server.anchors.reconcile()
    await server.write(kind)
    await server.stop()
    assert.deepEqual(files(), [server.file])
  }
  const whole = await verify()
  assert.deepEqual([whole.fault, whole.events, whole.unanchored, whole.anchors.confirmed], [undefined, 4, 0, 1])
  assert.equal((await verify([])).unanchored, 4)
  await query(`delete from audit_events where id like '%-${node}-%'`)
  await query(`delete from audit_seals where node = '${node}'`)
  assert.match((await verify()).fault?.message ?? '', new RegExp(`The seal 1 of the node ${node} was removed`))
})

test('the anchor of a server that runs beside this one is written again with its next seal', async (t) => {
  const { aServer, verify, files } = await aMachine(t)
  const beside = await aServer()
  await beside.write('a')
  await beside.seal()
  const server = await aServer()
  await beside.write('b')
  await beside.seal()
  await server.anchors.reconcile()
  assert.equal(files().length, 2, 'it is newer than what this server has seen of it')
  await beside.write('c')
  await beside.stop()
  assert.deepEqual([(await verify()).fault, (await verify()).unanchored], [undefined, 0])
})

test('an anchor newer than a backup is accepted once the restore is recorded, and is kept under another name', async (t) => {
  const { aRun, aServer, query, verify, said, files } = await aMachine(t)
  await aRun('a')
  const lost = await aRun('b')
  // The state of the backup.
  await query(`delete from audit_events where id like '%-${lost.node}-%'`)
  await query(`delete from audit_seals where node = '${lost.node}'`)
  await aRun(restoredKind)
  const { fault, anchors } = await verify()
  assert.deepEqual([fault, anchors.beforeRestore], [undefined, 1])

  const next = await aServer()
  const aside = `${lost.file}.before-restore`
  assert.deepEqual(await next.anchors.reconcile(), [aside])
  assert.match(said.join(), /is from before a backup was restored; it was renamed to ".*\.before-restore"\.$/)
  assert.deepEqual(files().toSorted(), [aside, next.file].toSorted())
})

test('abuse 238: neither an earlier restore nor a forged event explains an anchor that is newer than the restore', async (t) => {
  const { aRun, query, verify } = await aMachine(t)
  await aRun(restoredKind)
  const { node } = await aRun('b')
  await query(`delete from audit_seals where node = '${node}'`)
  await query(`delete from audit_events where id like '%-${node}-%'`)
  assert.equal((await verify()).fault?.kind, 'anchor')
  const { node: later } = await aRun('c')
  await query(`update audit_events set kind = '${restoredKind}' where id like '%-${later}-%'`)
  const { fault, anchors } = await verify()
  assert.deepEqual([fault?.kind, anchors.beforeRestore], ['altered', 0])
})

test('copies of anchors are read from a file or a folder, and other files are rejected', async (t) => {
  const { aRun, files, place } = await aMachine(t)
  const { file, node } = await aRun('a')
  const kept = join(place, '..', '..', 'kept')
  mkdirSync(kept)
  assert.throws(() => readCopiedAnchors(kept), AnchorError)
  renameSync(file, join(kept, `store.db.anchor-${node}`))
  writeFileSync(join(kept, 'notes'), 'mine')
  assert.deepEqual(
    readCopiedAnchors(kept).map((anchor) => anchor.node),
    [node],
  )
  assert.throws(() => readCopiedAnchors(join(kept, 'notes')), /"[^"]*notes" cannot be read as an anchor of the audit log/)
  assert.throws(() => readCopiedAnchors(file), /There is no anchor in/)
  assert.deepEqual(files(), [])
})

test('a server that cannot write its anchor reports it, still seals and removes no other anchor', async (t) => {
  const { aRun, aServer, place, said, verify, files } = await aMachine(t)
  const { file } = await aRun('a')
  const folder = join(place, '..')
  const server = await aServer({
    beforeSealing() {
      renameSync(folder, `${folder}-away`)
      writeFileSync(folder, 'no folder')
    },
  })
  assert.match(said.join(), /^The anchor of the audit log could not be written: .*; retrying with the next seal\.$/)
  rmSync(folder)
  renameSync(`${folder}-away`, folder)
  await server.anchors.reconcile()
  assert.deepEqual(files(), [file])
  await server.write('b')
  await server.stop()
  assert.deepEqual(files().toSorted(), [file, server.file].toSorted())
  assert.equal((await verify()).fault, undefined)
})

test('an unreadable anchor is reported by the next start, which compares the others', async (t) => {
  const { aRun, aServer, query, place, said, verify, files } = await aMachine(t)
  const { node, file } = await aRun('a')
  await query(`delete from audit_seals where node = '${node}'`)
  const other = `${place}0123abcd`
  writeFileSync(other, '{}')
  const server = await aServer()
  await server.anchors.reconcile()
  assert.equal(said.length, 2)
  assert.match(said[0]!, /anchor-0123abcd" cannot be read as an anchor of the audit log: it lacks what one has\. /)
  assert.match(said[1]!, /^error: The log was cut: /)
  assert.deepEqual(files().toSorted(), [file, other, server.file].toSorted())
  await assert.rejects(verify(), AnchorError)
})
