// The file in which an export keeps how far it came. It is replaced atomically: after a crash it has the old cursor or the new one.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { CommandError } from './output.ts'

/** Undefined if there is no such file yet. @throws CommandError for a file with something else */
export function readCursorFile(file: string): string | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  if (/^[A-Za-z0-9._-]{1,2048}$/.test(text)) return text
  throw new CommandError(`"${file}" does not contain a cursor.`, {
    reason: 'local',
    next: 'Name the file that an earlier export wrote, or one that does not exist yet, together with --since.',
  })
}

export function writeCursorFile(file: string, cursor: string): void {
  const descriptor = openSync(`${file}.new`, 'w', 0o600)
  try {
    writeSync(descriptor, `${cursor}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(`${file}.new`, file)
}
