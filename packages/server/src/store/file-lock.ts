// An exclusive lock on a file: of the operating system, so it ends with the process in any way and never depends on a process id or an age.
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export interface FileLock {
  close(): void
}

/** Another process, or another part of this one, holds the lock. */
export class FileLockedError extends Error {
  override name = 'FileLockedError'
}

/**
 * Locks a file, which is created if necessary and stays empty; only its owner can read it.
 * @throws FileLockedError; any other error if the file cannot be locked at all
 */
export function lockFile(file: string): FileLock {
  closeSync(openSync(file, 'a', 0o600))
  const lock = new DatabaseSync(file)
  try {
    lock.exec('pragma busy_timeout = 0; pragma locking_mode = exclusive; pragma journal_mode = memory; begin exclusive')
    return lock
  } catch (cause) {
    lock.close()
    const { errcode } = cause as { errcode?: number }
    if (errcode !== undefined && busyCodes.has(errcode & 0xff)) throw new FileLockedError(`"${file}" is locked`, { cause })
    throw cause
  }
}

/** BUSY and LOCKED of SQLite. */
const busyCodes = new Set([5, 6])
