// A SQLite store beside the server that has it open: read without its lock, and copied as a backup. Nothing here writes to it.
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { SqliteDialect, type Dialect } from 'kysely'
import { forKysely, isOurs } from './sqlite.ts'

/** Reads a database file beside the server that has it open, without its lock. @throws Error for a file that is not ours */
export function sqliteReadingDialect(file: string): Dialect {
  const database = openForReading(file)
  return new SqliteDialect({ database: forKysely(database, () => database.close()) })
}

function openForReading(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
  try {
    if (!isOurs(database)) throw new Error('it is not a database of Countersign')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Copies a database file as it is at one moment, beside the server that writes to it, into a new file that is complete, on
 * disk, and for its owner alone.
 * @throws Error where the target exists already
 */
export function copySqlite(file: string, target: string): void {
  const database = openForReading(file)
  const part = `${target}.part`
  try {
    closeSync(openSync(target, 'wx', 0o600))
    try {
      closeSync(openSync(part, 'wx', 0o600))
      database.prepare('vacuum into ?').run(part)
      checkAndSync(part)
      renameSync(part, target)
    } catch (error) {
      for (const begun of [part, target]) rmSync(begun, { force: true })
      throw error
    }
  } finally {
    database.close()
  }
}

function checkAndSync(file: string): void {
  const copy = openForReading(file)
  try {
    const found = copy.prepare('pragma quick_check(1)').get()?.['quick_check']
    if (found !== 'ok') throw new Error(`the copy is damaged: ${String(found)}`)
  } finally {
    copy.close()
  }
  const handle = openSync(file, 'r+')
  fsyncSync(handle)
  closeSync(handle)
}
