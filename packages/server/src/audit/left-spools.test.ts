import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockFile } from '../store/file-lock.ts'
import { anEvent, aSpool, lineOf } from './audit-spool.fixture.ts'
import type { EventRow } from './events/event-row.ts'

const events = (count: number): EventRow[] => Array.from({ length: count }, anEvent)

test('fault 9.10: a spool whose process id now belongs to another program is moved and removed', async (t) => {
  const { spool, stored, directory, files } = aSpool(t)
  const row = anEvent()
  writeFileSync(join(directory, `0123abcd-${process.ppid}-1700000000000.jsonl`), lineOf(row))
  await spool.drain()
  assert.deepEqual([stored, files()], [[row], []])
})

test('fault 9.10: the file of a server that may still run is not removed, although its events are in the store already', async (t) => {
  const { spool, stored, directory, files } = aSpool(t)
  const [row, half] = [anEvent(), lineOf(anEvent()).slice(0, 20)]
  const name = `0123abcd-${process.ppid}.jsonl`
  writeFileSync(join(directory, name), lineOf(row) + half)
  for (let i = 0; i < 3; i++) await spool.drain()
  assert.deepEqual([stored, readFileSync(join(directory, name), 'utf8')], [[row], lineOf(row) + half])
  rmSync(join(directory, name)) // As its server does.
  await spool.drain()
  assert.deepEqual(files(), [])
})

test('fault 9.10: the spool of a server that runs in another container, or as another user, is left alone until its lock ends', async (t) => {
  const { spool, stored, directory, files } = aSpool(t)
  const row = anEvent()
  const name = `0123abcd-${process.pid}-1700000000000.jsonl` // Every server of a container has the same process id.
  writeFileSync(join(directory, name), lineOf(row))
  const lock = lockFile(join(directory, `${name}.lock`))
  await spool.drain()
  assert.deepEqual([stored, files()], [[], [name, `${name}.lock`]])
  lock.close()
  await spool.drain()
  assert.deepEqual([stored, files()], [[row], []])
})

test('fault 9.10: a lock that nothing holds outweighs the name of a process that runs', async (t) => {
  const { spool, stored, directory, files } = aSpool(t)
  const row = anEvent()
  const name = `0123abcd-${process.ppid}.jsonl`
  writeFileSync(join(directory, name), lineOf(row))
  lockFile(join(directory, `${name}.lock`)).close()
  await spool.drain()
  assert.deepEqual([stored, files()], [[row], []])
})

test('fault 9.10: two servers on one folder move their own spools, and what one of them leaves is moved by the other', async (t) => {
  const one = aSpool(t)
  const other = aSpool(t, { directory: one.directory })
  const [first, second] = [events(3), events(2)]
  await one.spool.write(first)
  await other.spool.write(second)
  await other.spool.drain()
  assert.deepEqual([other.stored, other.spool.isInUse, one.spool.isInUse], [second, false, true])
  await one.spool.write(second)
  await one.spool.drain()
  assert.deepEqual([one.stored, one.spool.isInUse, one.files()], [[...first, ...second], false, []])
})

test('fault 9.10: a copy of the folder of a running server is moved by the server of the copy', async (t) => {
  const [original, copy] = [aSpool(t), aSpool(t)]
  const rows = events(3)
  await original.spool.write(rows)
  for (const name of original.files()) copyFileSync(join(original.directory, name), join(copy.directory, name))
  await copy.spool.drain()
  assert.deepEqual([copy.stored, copy.files(), original.spool.isInUse], [rows, [], true])
})

test('fault 9.9: a spool is moved in pieces, and this server’s own events do not wait for its end', async (t) => {
  const { spool, stored, store, file, files } = aSpool(t)
  const left = events(50)
  writeFileSync(file, left.map(lineOf).join(''))
  const own = anEvent()
  const drained = spool.drain()
  await spool.write([own])
  await drained
  assert.ok(Math.max(...store.batches) <= 3, `rows at once: ${Math.max(...store.batches)}`)
  assert.ok(stored.findIndex(({ id }) => id === own.id) < 20)
  assert.deepEqual([stored.filter(({ id }) => id !== own.id), files()], [left, []])
})

test('fault 9.9: after a failure or a restart a large spool goes on where it was', async (t) => {
  const first = aSpool(t, { refuses: () => first.store.batches.length === 5 && ((first.store.isDown = true), false) })
  const rows = events(50)
  writeFileSync(first.file, rows.map(lineOf).join(''))
  await assert.rejects(first.spool.drain(), /no database/)
  await first.spool.close()
  const second = aSpool(t, { directory: first.directory })
  await second.spool.drain()
  assert.deepEqual([second.stored[0]?.id, second.stored.at(-1)?.id], [rows[first.stored.length]?.id, rows.at(-1)?.id])
  assert.deepEqual(second.files(), [])
})

test('fault 9.9: a position that does not belong to the file, or is damaged, is not used', async (t) => {
  for (const position of [
    '',
    '{',
    '{"position":9000,"before":"","damaged":0}',
    '{"position":10,"before":"AAAA","damaged":0}',
    '{"position":-1}',
  ]) {
    const { spool, stored, file, files } = aSpool(t)
    const rows = events(3)
    writeFileSync(file, rows.map(lineOf).join(''))
    writeFileSync(`${file}.position`, position)
    await spool.drain()
    assert.deepEqual([stored, files()], [rows, []])
  }
})

test('fault 9.9: the spool of a running server is moved in pieces, too, and put back in pieces', async (t) => {
  const { spool, stored, store, directory, files } = aSpool(t)
  const rows = events(50)
  for (const row of rows) await spool.write([row])
  const { size } = statSync(join(directory, files()[0]!))
  rmSync(join(directory, files()[0]!))
  await spool.write(events(1))
  assert.ok(statSync(join(directory, files()[0]!)).size > size)
  await spool.drain()
  assert.deepEqual([stored.length, Math.max(...store.batches) <= 3, spool.isInUse], [51, true, false])
})

test('fault 9.8: a copied spool with another name is named until it has its name again', async (t) => {
  const { spool, stored, directory, files, lines } = aSpool(t)
  const row = anEvent()
  const [name, copy] = ['0123abcd-1-1700000000000.jsonl', 'copy of 0123abcd-1-1700000000000.jsonl']
  writeFileSync(join(directory, copy), lineOf(row))
  for (let i = 0; i < 2; i++) await spool.drain()
  assert.deepEqual([stored, files()], [[], [copy]])
  assert.match(spool.problems().join(), /copy of 0123abcd-1-1700000000000\.jsonl" does not have the name that its server gave it/)
  assert.equal(lines.filter((line) => line.includes('copy of')).length, 1)
  renameSync(join(directory, copy), join(directory, name))
  await spool.drain()
  assert.deepEqual([stored, files(), spool.problems()], [[row], [], []])
})
