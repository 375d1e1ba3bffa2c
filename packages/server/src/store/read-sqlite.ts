// Reads and backs up a SQLite store without its lock, while a server may be using it. Nothing here writes to it.
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { SqliteDialect, type Dialect } from 'kysely'
import { forKysely, isOurs } from './sqlite.ts'

/** Reads a database file without its lock, while a server may be using it. @throws Error for a file that is not ours */
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
 * Copies a consistent snapshot of a database file, while a server may be writing to it, into a new file that is complete, on
 * disk, and readable by its owner only.
 * @throws Error if the target exists
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
