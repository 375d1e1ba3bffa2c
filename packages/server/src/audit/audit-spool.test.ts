import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { anEvent, aSpool, endedSpool, lineOf } from './audit-spool.fixture.ts'

test('spooled events move to the store in order, and the file is removed', async (t) => {
  const { spool, stored, files } = aSpool(t)
  const rows = [anEvent(), anEvent(), anEvent()]
  await spool.write(rows.slice(0, 2))
  await spool.write(rows.slice(2))
  assert.equal(spool.isInUse, true)
  await spool.drain()
  assert.deepEqual([stored, files(), spool.isInUse], [rows, [], false])
})

test('while the store does not take them, events stay in a file that only its owner can read', async (t) => {
  const { spool, stored, store, directory, files } = aSpool(t)
  store.isDown = true
  await spool.write([anEvent()])
  await assert.rejects(spool.drain())
  assert.equal(statSync(join(directory, files()[0]!)).mode & 0o777, 0o600)
  store.isDown = false
  await spool.drain()
  assert.equal(stored.length, 1)
})

test('abuse 223: an event that is spooled during a drain is not lost', async (t) => {
  const { spool, stored, files } = aSpool(t)
  await spool.write([anEvent()])
  await Promise.all([spool.drain(), spool.write([anEvent()]), spool.write([anEvent()])])
  await spool.drain()
  assert.deepEqual([stored.length, files()], [3, []])
})

test('the file of an ended server is taken over', async (t) => {
  const { spool, stored, directory, files } = aSpool(t)
  const row = anEvent()
  writeFileSync(join(directory, endedSpool), lineOf(row))
  await spool.drain()
  assert.deepEqual([stored, files()], [[row], []])
})

test('the file of an earlier run with the same process id is taken over, as after the restart of a container', async (t) => {
  const { spool, stored, directory, files } = aSpool(t)
  const row = anEvent()
  writeFileSync(join(directory, `0123abcd-${process.pid}-1700000000000.jsonl`), `${JSON.stringify(row)}\n`)
  await spool.drain()
  assert.deepEqual([stored, files()], [[row], []])
})

test('abuse 223: an event that is spooled at the moment the spool is emptied is not lost', async (t) => {
  const { spool, stored, log } = aSpool(t)
  const rows = [anEvent(), anEvent()]
  await spool.write(rows.slice(0, 1))
  const late = Promise.withResolvers<void>()
  log.info = () => late.resolve(spool.write(rows.slice(1)))
  await spool.drain()
  await late.promise
  log.info = () => {}
  await spool.drain()
  assert.deepEqual(stored, rows)
})

const tampering: Record<string, (file: string) => void> = {
  removed: (file) => rmSync(file),
  'rotated away': (file) => renameSync(file, `${file}.1`),
  'replaced by an empty one': (file) => {
    rmSync(file)
    writeFileSync(file, '')
  },
}
for (const [what, tamper] of Object.entries(tampering)) {
  test(`abuse 240: a spool that is ${what} while the server runs is written again with the next event, and no event is lost`, async (t) => {
    const { spool, stored, store, log, directory, files } = aSpool(t)
    const warn = t.mock.method(log, 'warn')
    store.isDown = true
    const rows = [anEvent(), anEvent(), anEvent()]
    await spool.write(rows.slice(0, 1))
    const file = join(directory, files()[0]!)
    tamper(file)
    await spool.write(rows.slice(1, 2))
    assert.equal(readFileSync(file, 'utf8').split('\n').length, 3)
    assert.match(String(warn.mock.calls.at(-1)?.arguments[0]), /was removed or replaced while this server was using it/)
    tamper(file)
    await spool.write(rows.slice(2))
    store.isDown = false
    await spool.drain()
    assert.deepEqual(stored, rows)
    assert.equal(spool.isInUse, false)
  })
}

test('abuse 240: a removed spool without a further event still moves to the store', async (t) => {
  const { spool, stored, directory } = aSpool(t)
  const row = anEvent()
  await spool.write([row])
  rmSync(directory, { recursive: true })
  mkdirSync(directory)
  await spool.drain()
  assert.deepEqual([stored, spool.isInUse], [[row], false])
})
