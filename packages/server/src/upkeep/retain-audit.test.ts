import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { aRetainedLog, day, type LogOptions } from '../../test/retained-log.fixture.ts'
import { verifyEvents } from '../audit/verify/verify-events.ts'
import { aSmallDisk, skipWithoutSmallDisk } from '../../test/small-disk.fixture.ts'
import { aTestStore } from '../../test/store/test-store.fixture.ts'

/** Thirty tokens, a few refusals and changes, of two nodes, all due. */
async function given(t: TestContext, options: LogOptions = {}) {
  const log = await aRetainedLog(options)
  t.after(log.close)
  const other = log.aNode()
  await other.seal()
  for (let i = 0; i < 30; i++) {
    await (i % 2 ? log.own : other).write('token')
    if (i % 5 === 0) await other.write('refusal')
    if (i % 7 === 0) await log.own.write('change')
    if (i === 11) other.skip()
  }
  await log.own.seal()
  await other.seal()
  log.advance(3 * day)
  return { ...log, other }
}

async function onTestStore(t: TestContext) {
  const database = await aTestStore(join(aFolder(t), 'store.db'))
  const log = await given(t, { location: database.location })
  t.after(database.close)
  return log
}

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-retain-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

describe('fault 5.6: a server that is killed at any step leaves what the next run goes on from', () => {
  for (const stopsAt of ['archive', 'record', 'delete', 2, 'finish'] as const) {
    test(`killed at ${typeof stopsAt === 'number' ? `its deletion ${stopsAt}` : stopsAt}`, async (t) => {
      const { remove, count, verify, files } = await onTestStore(t)
      const before = await count()
      await assert.rejects(remove(stopsAt), /killed/)
      assert.equal((await verify()).fault, undefined)
      await remove()
      assert.deepEqual([await count(), files().length], [before - 30 + 1, 1])
      const { fault, archives, removed } = await verify()
      assert.deepEqual([fault, archives?.events, archives?.unrecorded, removed?.[0]?.events], [undefined, 30, [], 30])
      await remove()
      assert.equal(await count(), before - 30 + 1)
    })
  }
})

test('a piece has the events of one class and one day, and at most so many', async (t) => {
  const { own, advance, remove, files, verify } = await given(t, { limits: { events: 12 } })
  for (let i = 0; i < 3; i++) await own.write('token')
  await own.seal()
  advance(5 * day)
  await remove()
  assert.equal(files().length, 4)
  assert.deepEqual((await verify()).archives?.events, 33)
})

test('events that no seal covers, and those that were altered, stay', async (t) => {
  const { own, db, advance, remove, count, verify } = await given(t)
  const before = await count()
  await own.write('token')
  const [altered] = await db.selectFrom('audit_events').select('id').where('kind', '=', 'token.request').orderBy('id').execute()
  await db.updateTable('audit_events').set({ client_id: 'other' }).where('id', '=', altered!.id).execute()
  advance(5 * day)
  await remove()
  assert.equal(await count(), before + 1 - 29 + 1)
  const { fault } = await verify()
  assert.deepEqual([fault?.kind, fault?.id], ['altered', altered!.id])
})

test('a verification under way takes no event for missing that is archived meanwhile', async (t) => {
  const { db, keys, remove, folder } = await given(t)
  let isRemoved = false
  // The first events have been read by then, and the records before them.
  const reading = db.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (!isRemoved && 'mac' in (result.rows[0] ?? {}) && 'skipped' in result.rows[0]!) {
        isRemoved = true
        await remove()
      }
      return result
    },
  })
  const { fault, archives } = await verifyEvents(reading, keys, { archives: [folder] })
  assert.deepEqual([isRemoved, fault, archives?.events], [true, undefined, 30])
})

test('abuse 195: after the clock jumps 90 days ahead each event is archived once', async (t) => {
  const { advance, remove, files, verify, db } = await given(t, { keep: { tokens: 86_400, refusals: 86_400, changes: 30 * 86_400 } })
  advance(90 * day)
  await remove()
  await remove()
  assert.equal(files().length, 3)
  const { fault, archives } = await verify()
  assert.deepEqual([fault, archives?.events], [undefined, 30 + 6 + 5])
  assert.deepEqual(
    new Set((await db.selectFrom('audit_events').select('kind').execute()).map(({ kind }) => kind)),
    new Set(['audit.archive']),
  )
})

test('"none" removes events without an archive, and the log records which', async (t) => {
  const { remove, count, verify, files } = await given(t, { archive: 'none' })
  const before = await count()
  await remove()
  assert.deepEqual([await count(), files()], [before - 30 + 1, []])
  const { fault, removed } = await verify()
  assert.deepEqual([fault, removed?.[0]?.withoutArchive], [undefined, 30])
})

describe('fault 5.6: nothing is deleted if an archive cannot be written', () => {
  test('because the folder is missing, and it goes on when the folder is there', async (t) => {
    const folder = join(aFolder(t), 'gone')
    const { retention, count, log } = await given(t, { archive: folder })
    const before = await count()
    const running = retention()
    await assert.rejects(running.run({ pauses: 0 }), /ENOENT/)
    await assert.rejects(running.run({ pauses: 0 }), /ENOENT/)
    assert.match(running.warning()!, /cannot be archived or removed: No archive can be written to the folder ".*gone"/)
    assert.deepEqual([await count(), log.length], [before, 1])
    mkdirSync(folder)
    await running.run({ pauses: 0 })
    assert.deepEqual([await count(), running.warning(), log.length], [before - 30 + 1, undefined, 2])
  })

  test('because its disk, another than that of the store, is full', { skip: skipWithoutSmallDisk() }, async (t) => {
    const disk = aSmallDisk(t, 64)
    disk.fill()
    const { remove, count, verify } = await given(t, { archive: disk.folder })
    const before = await count()
    await assert.rejects(remove(), /No archive can be written to the folder .* ENOSPC/)
    assert.deepEqual([await count(), readdirSync(disk.folder)], [before, ['ballast']])
    disk.free()
    await remove()
    assert.equal(await count(), before - 30 + 1)
    assert.equal((await verify([disk.folder])).fault, undefined)
  })

  test('because the archive of a recorded piece is missing or altered', async (t) => {
    const { remove, folder, files, count } = await given(t)
    await assert.rejects(remove('delete'), /killed/)
    const before = await count()
    const file = join(folder, files()[0]!)
    const content = readFileSync(file)
    rmSync(file)
    await assert.rejects(remove(), /The archive "audit-tokens-.*" of the audit log is missing/)
    writeFileSync(file, content.subarray(1))
    await assert.rejects(remove(), /is not as it was written: it has/)
    assert.equal(await count(), before)
    writeFileSync(file, content)
    await remove()
    assert.equal(await count(), before - 30)
  })
})

describe('fault 5.6: a verification names what is wrong with removed events', () => {
  test('a missing archive, one with an altered byte, and a file that no record names', async (t) => {
    const { remove, folder, files, verify } = await given(t)
    await remove()
    const [name] = files()
    const file = join(folder, name!)
    const content = readFileSync(file)
    const altered = Buffer.from(content)
    altered[200]! ^= 1
    writeFileSync(file, altered)
    const { fault, archives } = await verify()
    assert.deepEqual([fault?.kind, archives?.faults.map((one) => one.file)], ['archive', [name]])
    rmSync(file)
    assert.match((await verify()).fault!.message, new RegExp(`The archive "${name}" of the audit log is missing`))
    assert.equal((await verify([])).fault, undefined)
    writeFileSync(file, content)
    writeFileSync(join(folder, name!.replace('-1.', '-2.')), content)
    const found = await verify()
    assert.deepEqual([found.fault, found.archives?.unrecorded], [undefined, [{ file: name!.replace('-1.', '-2.'), isIntact: true }]])
  })

  test('a record that was altered, removed or inserted, and events that were put back', async (t) => {
    const { remove, db, verify, folder, files } = await given(t)
    const rows = await db
      .selectFrom('audit_events')
      .selectAll()
      .where('kind', '=', 'token.request')
      .where('outcome', '=', 'success')
      .execute()
    await remove()
    const record = await db.selectFrom('audit_pieces').selectAll().executeTakeFirstOrThrow()
    await db
      .updateTable('audit_pieces')
      .set({ removed: record.removed.replace('+', ',') })
      .execute()
    assert.equal((await verify()).fault?.kind, 'removed')
    await db.updateTable('audit_pieces').set({ removed: record.removed, recorded_at: 1 }).execute()
    assert.equal((await verify()).fault?.kind, 'removed')
    await db.deleteFrom('audit_pieces').execute()
    assert.equal((await verify()).fault?.kind, 'removed')
    await db.insertInto('audit_pieces').values(record).execute()
    assert.equal((await verify()).fault, undefined)

    await db.insertInto('audit_events').values(rows[4]!).execute()
    const { fault } = await verify()
    assert.deepEqual([fault?.kind, fault?.id], ['inserted', rows[4]!.id])
    // The events as they were, but without their record: the event that names it remains.
    await db.insertInto('audit_events').values(rows.toSpliced(4, 1)).execute()
    await db.deleteFrom('audit_pieces').execute()
    assert.match(
      (await verify()).fault!.message,
      new RegExp(`The record of the archive "${files()[0]}", which the event "[0-9a-f-]+" names, was removed`),
    )
    assert.ok(existsSync(join(folder, files()[0]!)))
  })

  test('the event that names a record was removed', async (t) => {
    const { remove, db, own, verify } = await given(t)
    await remove()
    await db.deleteFrom('audit_events').where('kind', '=', 'audit.archive').execute()
    assert.match((await verify()).fault!.message, /No event of the log names the record of the archive/)
    await own.seal()
    assert.equal((await verify()).fault?.kind, 'removed')
  })
})
