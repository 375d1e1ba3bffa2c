// The store: opens the database, migrates it and runs changes in transactions. Each domain owns the tables that it reads and
// writes.
import { Kysely, type Transaction } from 'kysely'
import { migrate, type Migrations } from './migrate.ts'
import { checkSqlitePlace } from './check-sqlite-place.ts'
import { fileOf, forgetLocation, isPostgresUrl, resolveLocation } from './location.ts'
import { createLogin, type LoginLog } from './login.ts'
import { migrations } from './migrations.ts'
import type { PostgresOptions } from './postgres.ts'
import { sqliteDialect, StoreInUseError } from './sqlite.ts'
import { createSqliteTransactions } from './sqlite-checkpoints.ts'
import type { Schema } from './schema.ts'
import { StoreError } from './store-errors.ts'

export interface Store {
  /** The pool for operators and for changes. */
  readonly db: Kysely<Schema>
  /** The pool for token requests: its own connections, with short timeouts. */
  readonly tokenPool: Kysely<Schema>
  /** The pool for what no request waits for: its own connections, so that a slow database is not mistaken for one that is away. */
  readonly backgroundPool: Kysely<Schema>
  /** Whether other nodes may change it, too. */
  readonly isShared: boolean
  /** Opens every connection of the token pool before the first burst of requests: opening them then takes long on a busy machine. */
  warmUp(): Promise<void>
  /** How long a token request waits for an answer of the store. Milliseconds. */
  readonly requestWaitsMs: number
  /** Whether the database identifies itself and its last promotion. */
  readonly tellsDatabase: boolean
  /**
   * Commits everything that `work` does, or nothing. Resolves once it is durable. `work` gets what the clock of a shared database says once
   * no other change runs, in milliseconds.
   */
  transact<T>(work: (db: Transaction<Schema>, databaseNow?: number) => Promise<T>): Promise<T>
  /** Logs when the database refuses the login, and what has to be done. */
  logLogins(log: LoginLog): void
  /** Tells the other nodes that there is something to pull. A hint may be lost. */
  hint(): void
  /** Calls back on hints of other nodes, as long as the store is open. */
  onHint(callback: () => void): void
  /** Tells all nodes, this one too, that uses of credentials that an operator waits for have been written. A hint may be lost. */
  hintUses(): void
  /** Calls back on these hints, as long as the store is open. */
  onUsesHint(callback: () => void): void
  /** Usage of the hint queue, from 0 to 1. */
  hintQueueUsage(): number
  /** Gives space on the disk back that is not needed any more. For maintenance; it does nothing on PostgreSQL, which does so itself. */
  releaseSpace(): Promise<void>
  /**
   * Rewrites the file, so that nothing is left in it of what was replaced or deleted; false while another program reads it. Takes as long as
   * the file is large, and its size in free space. It does nothing on PostgreSQL, where "vacuum" is for that.
   */
  rewriteFile(): Promise<boolean>
  close(): Promise<void>
}

export interface StoreOptions extends PostgresOptions {
  /** Reads the location again where it was configured, after the database has refused the login. */
  readonly readLocation?: (() => string) | undefined
  /** How long a token request waits for an answer of PostgreSQL before it gets 503, or its event is spooled. Milliseconds. */
  readonly requestWaitsMs?: number | undefined
  /** Gets a sentence that says why opening takes longer; a process warning by default. */
  readonly say?: (message: string) => void
  /** The migrations, for tests with other ones. */
  readonly history?: Migrations
}

export const defaultRequestWaitsMs = 250

/**
 * Opens `sqlite:FILE`, `sqlite::memory:`, `postgres://…`, or `env:NAME` or `file:PATH` (a variable or a file that contains one of these),
 * and migrates it.
 * @throws StoreError, whose message has no password
 */
export async function openStore(location: string, { readLocation, ...options }: StoreOptions = {}): Promise<Store> {
  const url = resolveLocation(location)
  if (!isPostgresUrl(url)) {
    forgetLocation(location)
    return openSqlite(fileOf(url), options)
  }
  const login = createLogin({ location, readLocation })
  forgetLocation(location)
  const { openPostgres } = await import('./open-postgres.ts') // Its driver is loaded only when it is needed.
  return openPostgres(login, options)
}

async function openSqlite(file: string, { history = migrations, say = warn }: StoreOptions): Promise<Store> {
  checkSqlitePlace(file, say)
  let db: Kysely<Schema> | undefined
  try {
    db = new Kysely<Schema>({ dialect: sqliteDialect(file) })
    await migrate(db, history)
  } catch (cause) {
    await db?.destroy()
    if (cause instanceof StoreInUseError)
      throw new StoreError(
        `Another server has the store "${file}" open${cause.holder === undefined ? '' : `, process ${cause.holder}`}. Stop that one first, or use another store.`,
        { cause },
      )
    throw new StoreError(
      `Cannot use the store "${file}": ${(cause as Error).message}. The file was left as it is: check that it is a Countersign database and that this user may write it, or restore a backup.`,
      { cause },
    )
  }
  const opened = db
  const transactions = createSqliteTransactions(opened, file)
  const usesListeners: (() => void)[] = []
  return {
    db: opened,
    tokenPool: opened,
    backgroundPool: opened,
    isShared: false,
    warmUp: async () => {},
    requestWaitsMs: defaultRequestWaitsMs,
    tellsDatabase: false,
    transact: transactions.transact,
    logLogins() {},
    hint() {},
    onHint: () => {},
    hintUses: () => usesListeners.forEach((listener) => listener()),
    onUsesHint: (callback) => void usesListeners.push(callback),
    hintQueueUsage: () => 0,
    releaseSpace: transactions.emptyLongLog,
    rewriteFile: transactions.rewriteFile,
    async close() {
      await transactions.settled()
      await opened.destroy()
    },
  }
}

export function warn(message: string): void {
  process.emitWarning(message, 'StoreWarning')
}
