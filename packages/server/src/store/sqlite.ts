// SQLite by node:sqlite, with the interface that Kysely's own SQLite dialect expects: one connection, one file, WAL.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { SqliteAdapter, SqliteDialect, type Dialect, type SqliteDatabase, type SqliteStatement } from 'kysely'
import { FileLockedError, lockFile, type FileLock } from './file-lock.ts'

/** Prepared statements are kept; above this number the oldest is dropped. */
const rememberedStatements = 500

/** "csgn" in the file header, which distinguishes our files from the databases of other programs. */
const applicationId = 0x6373676e

/**
 * The WAL grows as long as a reader, such as a backup, keeps its snapshot. It is cut to this size when it is next begun from its start: at
 * the first commit after a checkpoint that reached its end, or by maintenance if there is none. A checkpoint is tried every 1,000 pages, 4 MB.
 */
export const maxIdleWalBytes = 8 * 1024 * 1024

/**
 * Opens (or creates) a database file, or `:memory:`. Commits are on disk: `synchronous=FULL`.
 * @throws Error for a file that is not ours, before anything is written to it
 */
export function sqliteDialect(file: string): Dialect {
  const lock = file === ':memory:' ? undefined : lockForThisServer(file)
  const database = new DatabaseSync(file)
  const close = () => {
    database.close()
    lock?.close()
  }
  try {
    refuseForeign(database)
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 50')
    database.exec(`pragma journal_size_limit = ${maxIdleWalBytes}`)
  } catch (error) {
    close()
    throw error
  }
  return new MigratingSqliteDialect({ database: forKysely(database, close) })
}

/** SQLite has transactional DDL, but Kysely does not rely on it: a server that dies within a migration could not start again. */
class MigratingSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new MigratingSqliteAdapter()
  }
}

class MigratingSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/** Another server has locked the file. */
export class StoreInUseError extends Error {
  override name = 'StoreInUseError'
  /** The process id of that server, if it can be read. */
  readonly holder: string | undefined

  constructor(holder: string | undefined) {
    super(holder === undefined ? 'another server has it open' : `process ${holder} has it open`)
    this.holder = holder
  }
}

/** @throws StoreInUseError */
export function refuseStoreInUse(file: string): void {
  lockForThisServer(file).close()
}

/**
 * Allows one server per file: a second one would not see the changes of the first. The lock is the operating system's, on a file
 * beside the database, and is released with the process; the file with the process id is only for the message.
 */
function lockForThisServer(file: string): { close(): void } {
  createForOwner(file)
  const holderFile = `${file}.lock.pid`
  let lock: FileLock
  try {
    lock = lockFile(`${file}.lock`)
  } catch (error) {
    if (!(error instanceof FileLockedError)) throw error
    throw new StoreInUseError(readHolder(holderFile))
  }
  rmSync(holderFile, { force: true })
  writeFileSync(holderFile, `${process.pid}\n`, { mode: 0o600, flag: 'wx' }) // Does not follow a planted symbolic link.
  return {
    close() {
      rmSync(holderFile, { force: true })
      lock.close()
    },
  }
}

function readHolder(file: string): string | undefined {
  try {
    return /^\d+$/m.exec(readFileSync(file, 'utf8'))?.[0]
  } catch {
    return undefined
  }
}

/** Creates the file for its owner only; SQLite's log files get the same permissions. */
function createForOwner(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
}

function refuseForeign(database: DatabaseSync): void {
  const found = readApplicationId(database)
  if (found === applicationId) return
  const hasTables = database.prepare('select 1 from sqlite_schema').get() !== undefined
  if (hasTables || found !== 0) throw new Error('it is the database of another program')
  database.exec(`pragma application_id = ${applicationId}`)
}

/** Whether the file is a store of Countersign. */
export function isOurs(database: DatabaseSync): boolean {
  return readApplicationId(database) === applicationId
}

function readApplicationId(database: DatabaseSync): unknown {
  return database.prepare('pragma application_id').get()?.['application_id']
}

export function forKysely(database: DatabaseSync, close: () => void): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    prepare(sql) {
      const known = statements.get(sql)
      if (known) return known
      const prepared = statementForKysely(database.prepare(sql))
      const statement = sql === 'rollback' ? whileInTransaction(database, prepared) : prepared
      if (statements.size >= rememberedStatements) statements.delete(statements.keys().next().value ?? '')
      statements.set(sql, statement)
      return statement
    },
    close,
  }
}

/** On a full disk SQLite rolls back by itself. The error that there is no transaction left must not hide the cause. */
function whileInTransaction(database: DatabaseSync, rollback: SqliteStatement): SqliteStatement {
  const nothing = { changes: 0, lastInsertRowid: 0 }
  return { ...rollback, run: (parameters) => (database.isTransaction ? rollback.run(parameters) : nothing) }
}

type Parameters = Parameters_[]
type Parameters_ = null | number | bigint | string | Uint8Array

function statementForKysely(statement: StatementSync): SqliteStatement {
  const plain = (parameters: readonly unknown[]) => parameters as Parameters
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...plain(parameters)),
    run: (parameters) => statement.run(...plain(parameters)),
    iterate: (parameters) => statement.iterate(...plain(parameters)) as IterableIterator<unknown>,
  }
}
