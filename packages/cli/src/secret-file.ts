// A file that holds the secret of a client: one secret a line, the newer first. It is replaced in one step, so that whoever
// reads it meanwhile, and whatever dies meanwhile, finds either what was or what is to be.
import { closeSync, fchownSync, fsyncSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { CommandError } from './output.ts'

/** Undefined where there is no such file. @throws CommandError for anything else than one or two secrets */
export function readSecretFile(file: string): readonly [string] | readonly [newer: string, older: string] | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const [newer, older, ...further] = text.split('\n').map((line) => line.trim()).filter((line) => line !== '') // prettier-ignore
  if (newer === undefined || further.length > 0 || /\s/.test(newer + (older ?? '')))
    throw new CommandError(`"${file}" does not contain one or two secrets.`, {
      next: 'Write one secret per line, the newer first, and nothing else.',
    })
  return older === undefined ? [newer] : [newer, older]
}

/**
 * Finds out, before there is a secret to lose, whether the file can be replaced.
 * @throws CommandError where others can read it; a system error where this user cannot write there
 */
export function checkSecretFile(file: string): void {
  const mode = modeOf(file)
  if (mode !== undefined && (mode & 0o007) !== 0)
    throw new CommandError(`"${file}" is accessible to every user of this machine (mode ${mode.toString(8)}).`, {
      next: `Run "chmod o= ${file}", and rotate the secret if another user may have read it.`,
    })
  const { path, descriptor } = openSuccessor(file)
  closeSync(descriptor)
  rmSync(path)
}

/** Replaces the content, for the owner alone or for the group that could read it before, and returns when it is on the disk. */
export function writeSecretFile(file: string, secrets: readonly string[]): void {
  const { path, descriptor, target } = openSuccessor(file)
  try {
    writeSync(descriptor, `${secrets.join('\n')}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(path, target)
  if (process.platform === 'win32') return // There a folder cannot be opened.
  const folder = openSync(dirname(target), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function openSuccessor(file: string) {
  const mode = modeOf(file)
  // Where a link stands, what it leads to is replaced.
  const target = mode === undefined ? file : realpathSync(file)
  const path = `${target}.new`
  rmSync(path, { force: true }) // Of a run that was killed; it held a secret that is of no use.
  const descriptor = openSync(path, 'wx', 0o600 | ((mode ?? 0) & 0o040))
  try {
    keepOwner(target, descriptor)
  } catch (error) {
    closeSync(descriptor)
    rmSync(path)
    throw error
  }
  return { path, descriptor, target }
}

/** The service that reads the file is often another user than the one that runs this command. */
function keepOwner(target: string, descriptor: number): void {
  const before = statSync(target, { throwIfNoEntry: false })
  const after = statSync(`${target}.new`)
  if (before === undefined || (before.uid === after.uid && before.gid === after.gid)) return
  try {
    fchownSync(descriptor, before.uid, before.gid)
  } catch (cause) {
    throw new CommandError(`"${target}" belongs to another user, who could not read the new file.`, {
      next: 'Run the command as the owner of the file.',
      cause,
    })
  }
}

function modeOf(file: string): number | undefined {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode
  return mode === undefined ? undefined : mode & 0o777
}
