import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder } from './demo.fixture.ts'
import { checkSecretFile, readSecretFile, writeSecretFile } from './secret-file.ts'

const isRoot = process.getuid?.() === 0

function aFile(text?: string, mode = 0o600): string {
  const file = join(aFolder(), 'secret')
  if (text !== undefined) writeFileSync(file, text)
  if (text !== undefined) chmodSync(file, mode)
  return file
}

test('secrets are written and read back, one a line, readable only by the owner, without leftovers', () => {
  const file = aFile()
  writeSecretFile(file, ['newer', 'older'])
  assert.equal(readFileSync(file, 'utf8'), 'newer\nolder\n')
  assert.deepEqual(readSecretFile(file), ['newer', 'older'])
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(join(file, '..')), ['secret'])
})

test('a file that does not exist contains no secret', () => {
  assert.equal(readSecretFile(aFile()), undefined)
})

test('blank lines and line ends of other systems are accepted', () => {
  assert.deepEqual(readSecretFile(aFile('\r\nnewer\r\n\r\nolder\r\n')), ['newer', 'older'])
})

for (const text of ['', '\n', 'a\nb\nc', 'CLIENT SECRET']) {
  test(`${JSON.stringify(text)} is rejected with the expected format, without repeating it`, () => {
    const message = /" does not contain one or two secrets\.$/
    assert.throws(() => readSecretFile(aFile(text)), { name: 'CommandError', message, next: /one secret per line, the newer first/ })
  })
}

test('a file that every user can read is rejected before a new secret is issued', () => {
  const file = aFile('old', 0o644)
  assert.throws(() => checkSecretFile(file), { name: 'CommandError', message: /\(mode 644\)/, next: /^Run "chmod o= / })
})

test('a group that could read the file still can', () => {
  const file = aFile('old', 0o640)
  checkSecretFile(file)
  writeSecretFile(file, ['new', 'old'])
  assert.equal(statSync(file).mode & 0o777, 0o640)
})

test('a symbolic link stays, and its target is replaced', () => {
  const file = aFile('old')
  const link = `${file}-link`
  symlinkSync(file, link)
  writeSecretFile(link, ['new'])
  assert.equal(readFileSync(file, 'utf8'), 'new\n')
})

test('the temporary file of a killed run does not get in the way and is removed', () => {
  const file = aFile('old')
  writeFileSync(`${file}.new`, 'half a sec')
  checkSecretFile(file)
  assert.deepEqual([existsSync(`${file}.new`), readSecretFile(file)], [false, ['old']])
})

test(
  'a folder in which nothing can be written is detected before a new secret is issued',
  { skip: isRoot && 'root can write anywhere' },
  () => {
    const file = aFile('old')
    chmodSync(join(file, '..'), 0o500)
    assert.throws(() => checkSecretFile(file), { code: 'EACCES' })
    chmodSync(join(file, '..'), 0o700)
  },
)

test('fault 6.9: every mode that gives all users access is refused, on systems that have modes', (t) => {
  for (const mode of [0o666, 0o604, 0o602, 0o777]) assert.throws(() => checkSecretFile(aFile('secret', mode)), { name: 'CommandError' })
  t.mock.property(process, 'platform', 'win32')
  checkSecretFile(aFile('secret', 0o666))
})

for (const [what, bytes, fault] of [
  ['UTF-16', Buffer.from('\uFEFFcsk_canary\r\n', 'utf16le'), /UTF-16/],
  ['UTF-16 without a byte order mark', Buffer.from('csk_canary\n', 'utf16le'), /UTF-16/],
  ['a byte order mark in the middle', Buffer.from('\ncsk_new\uFEFFcanary'), /byte order mark/],
  ['NUL at its end', Buffer.from('csk_canary\0\n'), /NUL/],
  ['typographic quotation marks', Buffer.from('“csk_canary”\n'), /typographic/],
  ['quotation marks', Buffer.from('"csk_canary"\n'), /quotation marks/],
] as const) {
  test(`fault 7.12: a secret file with ${what} is named before anything is sent, and not repeated`, () => {
    const file = aFile('')
    writeFileSync(file, bytes)
    assert.throws(
      () => readSecretFile(file),
      (error: Error) => error.name === 'CommandError' && fault.test(error.message) && !error.message.includes('canary'),
    )
  })
}

test('fault 7.12: white space, line ends and a byte order mark around the secrets of a file are not part of them', () => {
  assert.deepEqual(readSecretFile(aFile('\uFEFFnewer \r\n\tolder\u00A0\r\n')), ['newer', 'older'])
})
