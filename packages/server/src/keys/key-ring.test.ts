import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { parseConfiguration } from '../configuration/configuration.ts'
import { verifyAuditLog } from '../audit/verify/verify-store.ts'
import { createServer } from '../server.ts'
import { aPostgresDatabase, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { openStore } from '../store/store.ts'
import { createKeyRingFile, KeyRingError } from './key-ring.ts'
import { createKeyRings } from './live-rings.ts'
import { readKeyRing } from './read-key-ring.ts'
import { checkName } from './ring-checks.ts'

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const silent = { error() {}, warn() {}, info() {} }
const line = (version: number, byte: number) => `v${version}:${Buffer.alloc(32, byte).toString('base64url')}\n`

test('a new key ring is readable by its owner only, has one version and is never overwritten', async (t) => {
  const file = join(aFolder(t), 'deep', 'pepper')
  createKeyRingFile(file)
  const text = readFileSync(file, 'utf8')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal((await readKeyRing('secret pepper', `file:${file}`)).currentVersion, 1)
  assert.throws(() => createKeyRingFile(file), { code: 'EEXIST' })
  assert.equal(readFileSync(file, 'utf8'), text)
})

test('the names of check values in the store are those of 0.1.0', () => {
  assert.equal(checkName('secret pepper', 1), 'check of the secret pepper v1')
  assert.equal(checkName('key-encryption key', 2), 'check of the key encryption key v2')
  assert.equal(checkName('audit key', 3), 'check of the audit key v3')
})

test('new values are made with the highest version', async (t) => {
  const file = join(aFolder(t), 'pepper')
  writeFileSync(file, `${line(1, 1)}\r\n${line(3, 3)}${line(2, 2)}`, { mode: 0o600 })
  const ring = await readKeyRing('secret pepper', `file:${file}`)
  assert.deepEqual([[...ring.versions.keys()], ring.currentVersion], [[1, 3, 2], 3])
})

test('abuse 206: a key ring is removed from the environment when it is read', async () => {
  process.env['COUNTERSIGN_TEST_PEPPER'] = line(1, 1)
  assert.equal((await readKeyRing('secret pepper', 'env:COUNTERSIGN_TEST_PEPPER')).currentVersion, 1)
  assert.equal(process.env['COUNTERSIGN_TEST_PEPPER'], undefined)
})

for (const [what, text] of Object.entries({
  'an empty file': '',
  'no version': Buffer.alloc(32).toString('base64url'),
  'a key of 31 bytes': `v1:${Buffer.alloc(31).toString('base64url')}`,
  'a key of 33 bytes': `v1:${Buffer.alloc(33).toString('base64url')}`,
  'version 0': line(0, 1),
  'one version twice': line(1, 1) + line(1, 2),
  'something else behind it': `${line(1, 1)}hunter2`,
})) {
  test(`abuse 055: ${what} is rejected as a key ring, and the message does not contain it`, async (t) => {
    const file = join(aFolder(t), 'pepper')
    writeFileSync(file, text, { mode: 0o600 })
    await assert.rejects(
      readKeyRing('secret pepper', `file:${file}`),
      (error: Error) => error instanceof KeyRingError && error.message.includes(file) && !/hunter2|AAAA|AQEB/.test(error.message),
    )
  })
}

test('abuse 055: the error for a missing key ring names it', async () => {
  await assert.rejects(readKeyRing('secret pepper', 'file:/nowhere/pepper'), /Cannot read the secret pepper "\/nowhere\/pepper"/)
  await assert.rejects(readKeyRing('secret pepper', 'env:COUNTERSIGN_NOT_SET'), /"COUNTERSIGN_NOT_SET" is not set/)
})

/** A store on which a server was started once, with version 1 of both keys. */
async function aStoreInUse(t: TestContext) {
  const folder = aFolder(t)
  const write = (name: 'pepper' | 'kek' | 'audit-key', text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 })
  const log: string[] = []
  const start = (settings = '') => {
    const text = `store: sqlite:store.db\nsecretPepper: file:pepper\nkeyEncryptionKey: file:kek\n${settings}\nrealms: {}`
    return createServer({ configuration: parseConfiguration(text, folder), logStream: { write: (lines) => void log.push(lines) } })
  }
  const verify = (settings = '') => {
    const text = `store: sqlite:store.db\nsecretPepper: file:pepper\n${settings}\nrealms: {}`
    return verifyAuditLog(parseConfiguration(text, folder))
  }
  const contents = () => {
    const database = new DatabaseSync(join(folder, 'store.db'))
    const tables = ['settings', 'signing_keys', 'clients'].map((table) => database.prepare(`select * from ${table}`).all())
    database.close()
    return tables
  }
  write('pepper', line(1, 1))
  write('kek', line(1, 2))
  await (await start()).close()
  return { write, start, verify, contents, log }
}

/** Key rings for the second start; abuse 055 is the pepper, abuse 204 the key-encryption key. */
const wrongRings = {
  'another key': line(1, 9),
  'another key, and a new version': line(2, 8) + line(1, 9),
  'only a newer version': line(2, 8),
}
for (const [what, ring] of Object.entries(wrongRings)) {
  test(`abuse 055: with ${what} in the pepper file the server does not start, and nothing is changed`, async (t) => {
    const { write, start, contents } = await aStoreInUse(t)
    const before = contents()
    write('pepper', ring)
    await assert.rejects(start(), (error) => error instanceof KeyRingError && /secret pepper.*nothing was changed/.test(error.message))
    assert.deepEqual(contents(), before)
  })

  test(`abuse 204: with ${what} as key-encryption key the server does not start, and no key is created`, async (t) => {
    const { write, start, contents } = await aStoreInUse(t)
    const before = contents()
    write('kek', ring)
    await assert.rejects(start(), KeyRingError)
    assert.deepEqual(contents(), before)
  })
}

const withAuditKey = 'auditKey: file:audit-key'

test('an audit key is used, rotated, and required from then on, by every server and for verification', async (t) => {
  const { write, start, verify, log } = await aStoreInUse(t)
  assert.match(log.join(''), /no \\"auditKey\\" is configured: .* the pepper, which cannot be retired/)
  const told = log.length
  for (const ring of [line(1, 3), line(1, 3) + line(2, 4)]) {
    write('audit-key', ring)
    const server = await start(withAuditKey)
    await server.createOperator()
    await server.close()
  }
  assert.doesNotMatch(log.slice(told).join(''), /no \\"auditKey\\" is configured/)
  assert.equal((await verify(withAuditKey)).fault, undefined)
  for (const attempt of [start, verify]) await assert.rejects(attempt(), /used with an audit key, which the configuration does not name/)
  write('audit-key', line(1, 3))
  for (const attempt of [start, verify]) await assert.rejects(attempt(withAuditKey), /Version 2 of the audit key is missing/)
  write('audit-key', line(1, 9) + line(2, 4))
  for (const attempt of [start, verify])
    await assert.rejects(attempt(withAuditKey), /Version 1 of the audit key is not the one this store was made with/)
})

test('a new version beside the old one is used, and is required from then on', async (t) => {
  const { write, start } = await aStoreInUse(t)
  write('pepper', line(1, 1) + line(2, 2))
  await (await start()).close()
  write('pepper', line(1, 1))
  await assert.rejects(start(), /Version 2 of the secret pepper is missing/)
})

test(
  'of two servers with different keys that start concurrently on an empty store, one fails',
  { skip: skipWithoutPostgres() },
  async (t) => {
    const folder = aFolder(t)
    const url = await aPostgresDatabase(t)
    const rings = [1, 2].map((byte) => {
      writeFileSync(join(folder, `pepper-${byte}`), line(1, byte), { mode: 0o600 })
      return readKeyRing('secret pepper', `file:${join(folder, `pepper-${byte}`)}`)
    })
    const stores = await Promise.all(rings.map(() => openStore(url)))
    const begin = async (index: number) => {
      const pepper = await rings[index]!
      const read = { pepper, keyEncryptionKey: pepper, auditKey: undefined }
      await createKeyRings({ store: stores[index]!, node: `node000${index}`, read, log: silent }).begin()
    }
    const outcomes = await Promise.allSettled([begin(0), begin(1)])
    await Promise.all(stores.map((store) => store.close()))
    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  },
)
