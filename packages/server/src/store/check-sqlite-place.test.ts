import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { checkSqlitePlace } from './check-sqlite-place.ts'
import { checkStore } from './check-store.ts'
import { StoreError } from './store-errors.ts'
import { openStore } from './store.ts'

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-place-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const isRefusedFor = (reason: RegExp) => (error: Error) => error instanceof StoreError && reason.test(error.message)
const silent = () => {}

test('fault 6.4: a SQLite file on a network file system is refused, and one that may be on one is warned of', (t) => {
  const file = join(aFolder(t), 'new', 'store.db')
  // The numbers of SMB are above 2^31; a system may return them as negative.
  for (const [type, name] of [
    [0x6969, 'NFS'],
    [0xff534d42, 'SMB'],
    [0xfe534d42 | 0, 'SMB'],
  ] as const)
    assert.throws(
      () => checkSqlitePlace(file, silent, { typeOf: () => type, access: silent }),
      isRefusedFor(new RegExp(`network file system \\(${name}\\).*Use a local disk, or PostgreSQL`)),
    )
  const said: string[] = []
  checkSqlitePlace(file, (message) => said.push(message), { typeOf: () => 0x65735546, access: silent })
  assert.match(said.join(), /is on FUSE/)
})

test('fault 6.4: a folder that this user may not write is refused, also if the file itself may be written', (t) => {
  const folder = aFolder(t)
  const file = join(folder, 'store.db')
  writeFileSync(file, '')
  const access = (path: string) => {
    if (path === folder) throw new Error(`EACCES: permission denied, access '${path}'`)
  }
  assert.throws(() => checkSqlitePlace(file, silent, { typeOf: () => 0, access }), isRefusedFor(/EACCES.*Let this user write the folder/))
  assert.throws(() => checkSqlitePlace(join(folder, 'not', 'yet', 'store.db'), silent, { typeOf: () => 0, access }), isRefusedFor(/EACCES/))
})

test('fault 6.4: a folder that nothing can be written to is refused before anything is created', async () => {
  for (const open of [openStore, checkStore])
    await assert.rejects(open('sqlite:/dev/null/store.db'), isRefusedFor(/Let this user write the folder/))
})

test('fault 6.4: a lock that cannot be taken at all is not called another server', async (t) => {
  const file = join(aFolder(t), 'store.db')
  mkdirSync(`${file}.lock`)
  await assert.rejects(openStore(`sqlite:${file}`), isRefusedFor(/^Cannot use the store ".*": .*EISDIR/))
})

test('fault 6.9: a store that every user may read or write is warned of, unless its folder is closed to them', (t) => {
  const folder = aFolder(t)
  const file = join(folder, 'store.db')
  writeFileSync(file, '')
  const saidOf = (folderMode: number, fileMode: number) => {
    chmodSync(folder, folderMode)
    chmodSync(file, fileMode)
    const said: string[] = []
    checkSqlitePlace(file, (message) => said.push(message), { typeOf: () => 0, access: silent })
    return said.join()
  }
  for (const mode of [0o666, 0o644, 0o602]) assert.match(saidOf(0o755, mode), /accessible to every user.*chmod o= '.*store\.db'/)
  for (const [folderMode, mode] of [
    [0o755, 0o660],
    [0o700, 0o666],
  ] as const)
    assert.equal(saidOf(folderMode, mode), '')
})
