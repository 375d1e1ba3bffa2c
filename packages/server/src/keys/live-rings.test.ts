// Key rings of a running server that is the only one of its store.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openStore } from '../store/store.ts'
import { createKeyRings } from './live-rings.ts'
import { newKeyRingLine, parseKeyRing } from './key-ring.ts'

async function theRings(t: TestContext, location: string, text: string) {
  const store = await openStore('sqlite::memory:')
  t.after(() => store.close())
  const log: string[] = []
  const line = (about: object | string, message = '') =>
    void log.push(typeof about === 'string' ? about : `${message} ${JSON.stringify(about)}`)
  const pepper = parseKeyRing('secret pepper', location, text)
  const rings = createKeyRings({
    store,
    node: 'node0001',
    read: { pepper, keyEncryptionKey: pepper, auditKey: undefined },
    locations: { pepper: location },
    log: { error: line, warn: line, info: line },
  })
  await rings.begin()
  return { rings, log }
}

const [first, second] = [newKeyRingLine(1), newKeyRingLine(2)]

test('SIGHUP runs the program of a ring again, and the new version is used at once', async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-test-')))
  t.after(() => rmSync(folder, { recursive: true }))
  const program = join(folder, 'program')
  const print = (text: string) => writeFileSync(program, `#!/bin/sh\nprintf '%s' '${text}'\n`, { mode: 0o700 })
  print(first)
  const { rings, log } = await theRings(t, `exec:${program}`, first)
  const { pepper } = rings
  print(first + second)
  await rings.reload()
  assert.deepEqual([[...pepper.versions.keys()], pepper.currentVersion], [[1, 2], 2])
  assert.match(
    log.join('\n'),
    /the secret pepper was read again \{"versions":\[1,2\]\}\nversion 2 of the secret pepper is used from now on/,
  )
  for (const bad of [first, 'hunter2', first + newKeyRingLine(2)]) {
    print(bad)
    await rings.reload()
    assert.deepEqual([[...pepper.versions.keys()], pepper.currentVersion], [[1, 2], 2])
    assert.match(log.at(-1)!, /the new secret pepper was rejected; still using the previous one/)
    assert.doesNotMatch(log.at(-1)!, /hunter2|v2:/)
  }
  assert.equal(rings.failure(), undefined)
})

test('abuse 206: any number of signals at once run the program twice at most, one after the other, and the last text counts', async (t) => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-test-')))
  t.after(() => rmSync(folder, { recursive: true }))
  const [program, text, runs] = ['program', 'text', 'runs'].map((name) => join(folder, name)) as [string, string, string]
  writeFileSync(program, `#!/bin/sh\necho run >> ${runs}\nexec cat ${text}\n`, { mode: 0o700 })
  writeFileSync(text, first)
  const { rings } = await theRings(t, `exec:${program}`, first)
  const begun = rings.reload()
  writeFileSync(text, first + second)
  await Promise.all([begun, ...Array.from({ length: 50 }, () => rings.reload())])
  assert.equal(readFileSync(runs, 'utf8'), 'run\nrun\n')
  assert.equal(rings.pepper.currentVersion, 2)
  await rings.reload()
  assert.equal(readFileSync(runs, 'utf8'), 'run\nrun\nrun\n')
})

test('SIGHUP does not read a variable again, and the log says that a restart does', async (t) => {
  const { rings, log } = await theRings(t, 'env:COUNTERSIGN_TEST_RING', first)
  await rings.reload()
  assert.match(log.join('\n'), /in an environment variable, which is read only when the server starts: restart it/)
  assert.equal(rings.pepper.currentVersion, 1)
})
