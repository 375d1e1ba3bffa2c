import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfiguration } from '../src/configuration/configuration.ts'
import { readCertificate } from '../src/http/certificate.ts'
import { createKeyRingFile } from '../src/keys/key-ring.ts'
import { readKeyRing } from '../src/keys/read-key-ring.ts'
import { createServer } from '../src/server.ts'
import { readPrivateFile } from '@countersign/guard/private-file'

const folder = mkdtempSync(join(tmpdir(), 'countersign-private-'))
after(() => rmSync(folder, { recursive: true }))

/** Read by all, written by all, replaced by all without being read, executable. */
const openModes = [0o666, 0o644, 0o604, 0o602, 0o601, 0o777]
const safeModes = [0o600, 0o400, 0o640, 0o660]
const isWindows = process.platform === 'win32' && 'Windows has no modes'

for (const purpose of ['secret pepper', 'key-encryption key', 'audit key'] as const) {
  test(`fault 6.9: the ${purpose} is refused if all users have access to its file`, { skip: isWindows }, async () => {
    const file = join(folder, purpose.replaceAll(' ', '-'))
    createKeyRingFile(file)
    for (const mode of openModes) {
      chmodSync(file, mode)
      await assert.rejects(readKeyRing(purpose, `file:${file}`), {
        name: 'KeyRingError',
        message: new RegExp(`^The ${purpose} is not safe: ".*" is accessible to every user .*mode ${mode.toString(8)}.*chmod o= '`),
      })
    }
    for (const mode of safeModes) {
      chmodSync(file, mode)
      assert.equal((await readKeyRing(purpose, `file:${file}`)).currentVersion, 1)
    }
  })
}

test('fault 6.9: behind a symbolic link, the mode of the file counts and not that of the link', { skip: isWindows }, async () => {
  const [file, link] = [join(folder, 'mounted'), join(folder, 'link')]
  createKeyRingFile(file)
  symlinkSync(file, link)
  assert.equal((await readKeyRing('secret pepper', `file:${link}`)).currentVersion, 1)
  chmodSync(file, 0o644)
  await assert.rejects(readKeyRing('secret pepper', `file:${link}`), { name: 'KeyRingError' })
})

test('fault 6.9: a server with an open key does not start, and does not create a store', { skip: isWindows }, async () => {
  for (const name of ['pepper', 'kek', 'audit']) createKeyRingFile(join(folder, name))
  const text = 'secretPepper: file:pepper\nkeyEncryptionKey: file:kek\nauditKey: file:audit\nstore: sqlite:none/store.db\nrealms: {}\n'
  const file = join(folder, 'countersign.yaml')
  writeFileSync(file, text)
  chmodSync(join(folder, 'audit'), 0o666)
  await assert.rejects(createServer({ configuration: loadConfiguration(file) }), { name: 'KeyRingError', message: /audit key is not safe/ })
})

test('fault 6.9: the key of TLS is refused if it is open; its certificate is public', { skip: isWindows }, async () => {
  const files = { certificate: join(folder, 'tls.pem'), key: join(folder, 'tls.key') }
  writeFileSync(files.certificate, 'no certificate')
  copyFileSync(files.certificate, files.key)
  chmodSync(files.key, 0o644)
  assert.throws(() => readCertificate(files), {
    name: 'ConfigurationError',
    message: /^tls\.key: ".*tls\.key" is accessible to every user/,
  })
  chmodSync(files.key, 0o640)
  assert.throws(() => readCertificate(files), { message: /^tls\.certificate: expected a certificate in PEM/ })
})

test('fault 6.9: a configuration that contains a password is refused if it is open, another one is not', { skip: isWindows }, async () => {
  const file = join(folder, 'with-store.yaml')
  const load = (store: string, mode: number) => {
    writeFileSync(file, `store: ${store}\nsecretPepper: file:pepper\nkeyEncryptionKey: file:kek\nrealms: {}\n`)
    chmodSync(file, mode)
    return loadConfiguration(file)
  }
  for (const store of ['postgres://cs:hunter2@db/cs', 'postgresql://db/cs?user=cs&password=hunter2']) {
    assert.throws(
      () => load(store, 0o644),
      ({ name, message }: Error) => name === 'ConfigurationError' && /^store: .*mode 644/.test(message) && !message.includes('hunter2'),
    )
    load(store, 0o640)
  }
  for (const store of ['env:DATABASE_URL', 'postgres://cs@db/cs', 'sqlite:store.db']) load(store, 0o644)
})

test('fault 6.9: on a system without modes every file is read', async (t) => {
  const file = join(folder, 'without-modes')
  writeFileSync(file, 'key')
  chmodSync(file, 0o666)
  t.mock.property(process, 'platform', 'win32')
  assert.equal(readPrivateFile(file), 'key')
})
