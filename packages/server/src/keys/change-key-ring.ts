// Changes a key ring where it is kept, for commands on the machine of a server: adds a version, or removes one that the store no longer
// needs. A file is replaced in one step, so that a server that reads it at this moment gets the old ring or the new one.
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { dirname } from 'node:path'
import { readStore } from '../store/inspect-store.ts'
import { KeyRingError, newKeyRingLine, parseKeyRing, type KeyRingPurpose } from './key-ring.ts'
import { readKeyRing, readKeyRingFile, readKeyRingText } from './read-key-ring.ts'
import { compareKeyRing } from './ring-checks.ts'

export interface PlacedRing {
  readonly purpose: KeyRingPurpose
  /** As in the configuration: `file:PATH`, `env:NAME` or `exec:PROGRAM ARG…`. */
  readonly location: string
}

/**
 * Adds a version with a new random key.
 * @param out where the new ring is written if the server does not read it from a file: a new file
 * @returns the version, and the file
 * @throws KeyRingError if the ring cannot be read or written
 */
export async function addKeyRingVersion({ purpose, location }: PlacedRing, out?: string): Promise<{ version: number; file: string }> {
  const file = fileOf(location)
  if (file !== undefined) {
    const version = changeFile(purpose, file, (text) => {
      const version = newestIn(purpose, location, text) + 1
      return { text: `${endLine(text)}${newKeyRingLine(version)}`, result: version }
    })
    return { version, file }
  }
  if (out === undefined) throw new TypeError('Expected a file to write the new ring to')
  const text = await readKeyRingText(purpose, location)
  const version = newestIn(purpose, location, text) + 1
  writeNew(purpose, out, `${endLine(text)}${newKeyRingLine(version)}`)
  return { version, file: out }
}

/**
 * Removes a version from the file of a ring.
 * @param store the location of the store, which is asked whether it still needs the version
 * @returns false if the ring does not have the version, or is not in a file
 * @throws KeyRingError if the store needs it
 */
export async function removeKeyRingVersion({ purpose, location }: PlacedRing, version: number, store: string): Promise<boolean> {
  const file = fileOf(location)
  if (file === undefined) return false
  const { versions } = await readKeyRing(purpose, location)
  if (!versions.has(version)) return false
  const left = new Map([...versions].filter(([one]) => one !== version))
  await readStore(store, (db) => compareKeyRing(db, purpose, { versions: left }))
  changeFile(purpose, file, (text) => {
    const lines = text.split('\n').filter((line) => !line.trim().startsWith(`v${version}:`))
    return { text: lines.join('\n'), result: undefined }
  })
  return true
}

function fileOf(location: string): string | undefined {
  return location.startsWith('file:') ? location.slice('file:'.length) : undefined
}

function newestIn(purpose: KeyRingPurpose, location: string, text: string): number {
  return Math.max(...parseKeyRing(purpose, location, text).versions.keys())
}

function endLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}

/** The new file has the owner and the mode of the old one: a server often reads what belongs to root through its group. */
function changeFile<Result>(
  purpose: KeyRingPurpose,
  path: string,
  change: (text: string) => { readonly text: string; readonly result: Result },
): Result {
  readKeyRingFile(purpose, path) // Refuses a file that others may read.
  const file = realpathSync(path)
  // One name, so that of two commands at once the second one fails instead of undoing the first one's.
  const temporary = `${file}.new`
  const descriptor = openNew(purpose, temporary)
  try {
    const { text, result } = change(readFileSync(file, 'utf8'))
    keepOwner(descriptor, statOf(file))
    writeFileSync(descriptor, text)
    fsyncSync(descriptor)
    renameSync(temporary, file)
    syncFolder(dirname(file))
    return result
  } catch (error) {
    rmSync(temporary, { force: true })
    if (error instanceof KeyRingError) throw error
    throw new KeyRingError(
      `The ${purpose} "${file}" cannot be changed: ${(error as Error).message}. Run the command as the owner of the file.`,
      {
        cause: error,
      },
    )
  } finally {
    closeSync(descriptor)
  }
}

function writeNew(purpose: KeyRingPurpose, file: string, text: string): void {
  const descriptor = openNew(purpose, file)
  writeFileSync(descriptor, text)
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function openNew(purpose: KeyRingPurpose, file: string): number {
  try {
    return openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  } catch (cause) {
    const next =
      (cause as NodeJS.ErrnoException).code === 'EEXIST'
        ? 'Another command may be writing it. If none is, remove that file; it has a key, so keep it secret.'
        : 'Run the command as a user that may write there.'
    throw new KeyRingError(`The new ${purpose} cannot be written to "${file}": ${(cause as Error).message}. ${next}`, { cause })
  }
}

function statOf(file: string): Stats {
  const descriptor = openSync(file, 'r')
  try {
    return fstatSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function keepOwner(descriptor: number, { uid, gid, mode }: Stats): void {
  const own = fstatSync(descriptor)
  if (own.uid !== uid || own.gid !== gid) fchownSync(descriptor, uid, gid)
  fchmodSync(descriptor, mode & 0o770)
}

/** A rename is on the disk only once its folder is. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
