import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parseConfiguration } from '../configuration/configuration.ts'
import { createServer } from '../server.ts'
import { addKeyRingVersion, removeKeyRingVersion } from './change-key-ring.ts'
import { createKeyRingFile, KeyRingError } from './key-ring.ts'
import { readKeyRing } from './read-key-ring.ts'

const purpose = 'secret pepper'

function aRing(t: TestContext) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-test-')))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'pepper')
  createKeyRingFile(file)
  return { folder, file, ring: { purpose, location: `file:${file}` } as const, text: () => readFileSync(file, 'utf8') }
}

test('a version is added behind the others, and the file keeps its mode and owner', async (t) => {
  const { folder, file, ring, text } = aRing(t)
  const before = text()
  const isRoot = process.geteuid?.() === 0
  if (isRoot) chownSync(file, 0, 4321)
  chmodSync(file, 0o640)
  assert.deepEqual(await addKeyRingVersion(ring), { version: 2, file })
  assert.ok(text().startsWith(before))
  assert.match(text().slice(before.length), /^v2:[A-Za-z0-9_-]{43}\n$/)
  const { mode, gid } = statSync(file)
  assert.deepEqual([mode & 0o777, gid], [0o640, isRoot ? 4321 : statSync(folder).gid])
  assert.deepEqual(readdirSync(folder), ['pepper'])
})

test('behind a symbolic link the file itself is replaced; a file without a line end gets one', async (t) => {
  const { folder, file, text } = aRing(t)
  writeFileSync(file, text().trimEnd())
  const link = join(folder, 'link')
  symlinkSync(file, link)
  await addKeyRingVersion({ purpose, location: `file:${link}` })
  assert.equal((await readKeyRing(purpose, `file:${link}`)).currentVersion, 2)
  assert.equal((await readKeyRing(purpose, `file:${file}`)).currentVersion, 2)
})

test('of two commands at once one fails, and what another one has begun is not overwritten', async (t) => {
  const { file, ring, text } = aRing(t)
  const before = text()
  writeFileSync(`${file}.new`, 'v1:begun', { mode: 0o600 })
  await assert.rejects(addKeyRingVersion(ring), (error: Error) => {
    assert.ok(error instanceof KeyRingError)
    assert.match(error.message, /pepper\.new".*Another command may be writing it\. If none is, remove that file/)
    return true
  })
  assert.deepEqual([text(), readFileSync(`${file}.new`, 'utf8')], [before, 'v1:begun'])
})

test('a ring that is malformed or open to all is not changed', async (t) => {
  const { file, ring, text } = aRing(t)
  chmodSync(file, 0o644)
  await assert.rejects(addKeyRingVersion(ring), /is not safe/)
  chmodSync(file, 0o600)
  writeFileSync(file, 'hunter2')
  await assert.rejects(addKeyRingVersion(ring), (error: Error) => /is malformed/.test(error.message) && !error.message.includes('hunter2'))
  assert.deepEqual([text(), existsSync(`${file}.new`)], ['hunter2', false])
})

test('a ring in a variable is written to a new file with the next version', async (t) => {
  const { folder, text } = aRing(t)
  process.env['COUNTERSIGN_TEST_RING'] = text()
  const out = join(folder, 'out')
  assert.deepEqual(await addKeyRingVersion({ purpose, location: 'env:COUNTERSIGN_TEST_RING' }, out), { version: 2, file: out })
  assert.equal(statSync(out).mode & 0o777, 0o600)
  assert.deepEqual([...(await readKeyRing(purpose, `file:${out}`)).versions.keys()], [1, 2])
  process.env['COUNTERSIGN_TEST_RING'] = text()
  await assert.rejects(addKeyRingVersion({ purpose, location: 'env:COUNTERSIGN_TEST_RING' }, out), /EEXIST/)
})

test('a version is removed only if the store of the configuration does not need it', async (t) => {
  const { folder, ring, text } = aRing(t)
  createKeyRingFile(join(folder, 'kek'))
  const configuration = parseConfiguration(
    'store: sqlite:store.db\nsecretPepper: file:pepper\nkeyEncryptionKey: file:kek\nrealms: {}',
    folder,
  )
  await addKeyRingVersion(ring)
  await (await createServer({ configuration, logStream: { write: () => {} } })).close()
  const before = text()
  for (const version of [1, 2]) {
    await assert.rejects(
      removeKeyRingVersion(ring, version, configuration.store),
      new RegExp(`Version ${version} of the secret pepper is missing`),
    )
    assert.equal(text(), before)
  }
  assert.equal(await removeKeyRingVersion(ring, 9, configuration.store), false)
  await addKeyRingVersion(ring)
  assert.equal(await removeKeyRingVersion(ring, 3, configuration.store), true)
  assert.equal(text(), before)
  assert.equal(await removeKeyRingVersion({ purpose, location: 'exec:/bin/true' }, 1, configuration.store), false)
})
