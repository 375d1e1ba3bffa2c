import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseConfiguration } from '../configuration/configuration.ts'
import { KeyRingError } from './key-ring.ts'
import { readKeyRing } from './read-key-ring.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-test-')))
after(() => rmSync(folder, { recursive: true }))

const line = (version: number, byte: number) => `v${version}:${Buffer.alloc(32, byte).toString('base64url')}`
const ring = `${line(1, 1)}\n${line(2, 2)}`

let programs = 0
function aProgram(text: string, { mode = 0o700, name = `program-${++programs}` } = {}): string {
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode })
  chmodSync(file, mode)
  return file
}

const read = (commandLine: string, limits = { milliseconds: 10_000, bytes: 65_536 }) =>
  readKeyRing('secret pepper', `exec:${commandLine}`, limits)

/** The message names the program and a next step, and nothing that the program printed. */
async function refused(commandLine: string, cause: RegExp, limits?: Parameters<typeof read>[1]): Promise<void> {
  await assert.rejects(read(commandLine, limits), (error: Error) => {
    assert.ok(error instanceof KeyRingError)
    assert.match(error.message, cause)
    assert.match(error.message, new RegExp(`^(Cannot get the secret pepper from the program "|The secret pepper in "exec:)`))
    assert.doesNotMatch(error.message, /AQEB|hunter2/)
    return true
  })
}

test('a key ring is what a program prints, with its arguments split at blanks and no shell', async () => {
  const program = aProgram(`[ "$#" = 3 ] && [ "$1" = '$HOME;' ] && [ "$2" = '*' ] && printf '${ring}\\n'`)
  const { versions, currentVersion } = await read(`${program} $HOME;  * last`)
  assert.deepEqual([[...versions.keys()], currentVersion], [[1, 2], 2])
})

test('abuse 206: the program gets nothing of the environment but PATH, HOME and LANG, and no input', async () => {
  process.env['COUNTERSIGN_TEST_SECRET'] = 'hunter2'
  const found = join(folder, 'found')
  const program = aProgram(`/usr/bin/env | sed 's/=.*//' | sort > ${found}; cat >> ${found}; printf '${ring}'`)
  await read(program)
  delete process.env['COUNTERSIGN_TEST_SECRET']
  const names = readFileSync(found, 'utf8').trim().split('\n')
  assert.deepEqual(
    names.filter((name) => !['HOME', 'LANG', 'PATH', 'PWD', 'SHLVL', '_', 'OLDPWD'].includes(name)),
    [],
  )
})

for (const [what, [text, cause]] of Object.entries({
  'that fails': ["printf '%s' hunter2; exit 3", /it ended with the exit code 3\. Run it by hand/],
  'that kills itself': ['kill -9 $$', /it was ended by SIGKILL/],
  'that prints nothing': ['true', /is empty/],
  'that prints a key of 5 bytes': ["printf 'v1:aHVudGVyMg'", /is malformed/],
  'that prints another text': [`printf '${line(1, 1)} hunter2'`, /is malformed/],
} as const)) {
  test(`abuse 204: the ring of a program ${what} is refused, without a word of what it printed`, async () => {
    await refused(aProgram(text), cause)
  })
}

test('a program that prints too much is ended', async () => {
  await refused(aProgram(`yes hunter2`), /it printed more than 1000 bytes and was killed/, { milliseconds: 10_000, bytes: 1000 })
})

test('a program that hangs is ended with all that it has started', async () => {
  const started = join(folder, 'started')
  // The child holds the output open.
  const program = aProgram(`sleep 1000 & echo $! > ${started}; sleep 1000`)
  await refused(program, /it did not end within 0\.3 s and was killed/, { milliseconds: 300, bytes: 1000 })
  const pid = Number(readFileSync(started, 'utf8'))
  while (!isGone(pid)) await nextTurn()
})

/** A killed process may be a zombie until its parent notices. */
function isGone(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

test('a program that is not there, not absolute or a folder is refused', async () => {
  await refused(join(folder, 'absent'), /ENOENT.*Correct its path/)
  await refused(folder, /is not a file/)
  for (const location of ['exec:program', 'exec:./program', 'exec: /bin/program', 'exec:'])
    assert.throws(
      () => parseConfiguration(`secretPepper: "${location}"\nrealms: {}`, folder),
      /secretPepper: expected .*absolute path of a program/,
    )
})

const isRoot = process.geteuid?.() === 0

test('abuse 206: a program that another user could replace is refused', async () => {
  for (const mode of [0o770, 0o707, 0o722])
    await refused(aProgram(`printf '${ring}'`, { mode }), /can be written by its group or by every user/)
  const inner = join(folder, 'inner')
  mkdirSync(inner)
  const program = aProgram(`printf '${ring}'`, { name: 'inner/program' })
  for (const mode of [0o777, 0o770, 0o1777]) {
    chmodSync(inner, mode)
    await refused(program, /inner" can be written by its group or by every user/)
  }
  const link = join(folder, 'link')
  symlinkSync(program, link)
  await refused(link, /inner" can be written/)
  chmodSync(inner, 0o755)
  assert.equal((await read(link)).currentVersion, 2)
})

test('abuse 206: a program of another user is refused', { skip: !isRoot && 'only root can give a file away' }, async () => {
  const program = aProgram(`printf '${ring}'`)
  chownSync(program, 1234, 1234)
  await refused(program, /belongs to another user \(1234\)/)
})

test('abuse 206: a link that another user could replace is refused, though it leads to a program that is safe', async () => {
  const open = join(folder, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  const link = join(open, 'link')
  symlinkSync(aProgram(`printf '${ring}'`), link)
  await refused(link, /can be written by its group or by every user \(mode 777\)/)
  chmodSync(open, 0o700)
  await read(link)
})
