// The store: opens the database, brings its schema up to date and runs changes in transactions. Which tables a domain
// reads and writes is that domain's business.
import { Kysely, type Transaction } from 'kysely'
import { migrate, type Migrations } from './migrate.ts'
import { fileOf, forgetLocation, isPostgresUrl, resolveLocation } from './location.ts'
import { migrations } from './migrations.ts'
import type { PostgresOptions } from './postgres.ts'
import { sqliteDialect, StoreInUseError } from './sqlite.ts'
import type { Schema } from './schema.ts'
import { StoreError } from './store-errors.ts'

export interface Store {
  /** For operators and for changes. */
  readonly db: Kysely<Schema>
  /** For what a token request waits for: connections of its own on which nothing takes long. */
  readonly tokenPool: Kysely<Schema>
  /** Whether other servers may change it, too. */
  readonly isShared: boolean
  /** Everything that `work` does is committed together or not at all. Returns once it is durable. */
  transact<T>(work: (db: Transaction<Schema>) => Promise<T>): Promise<T>
  /** Tells the other servers that there is something to pull. A hint may be lost. */
  hint(): void
  /** Calls back on hints of other servers, for as long as the store is open. */
  onHint(callback: () => void): void
  /** How full the queue of hints is, from 0 to 1. */
  hintQueueUsage(): number
  close(): Promise<void>
}

export interface StoreOptions extends PostgresOptions {
  /** Is told, in a sentence, why opening takes longer; a warning of the process if absent. */
  readonly say?: (message: string) => void
  /** The history of the schema, for tests of what happens in between. */
  readonly history?: Migrations
}

/**
 * Opens `sqlite:FILE`, `sqlite::memory:`, `postgres://…` or `env:NAME`, a variable that holds one of these, and migrates it.
 * @throws StoreError, in which no password stands
 */
export async function openStore(location: string, options: StoreOptions = {}): Promise<Store> {
  const url = resolveLocation(location)
  forgetLocation(location)
  if (!isPostgresUrl(url)) return openSqlite(fileOf(url), options)
  const { openPostgres } = await import('./open-postgres.ts') // Its driver is loaded only where it is needed.
  return openPostgres(url, options)
}

async function openSqlite(file: string, { history = migrations }: StoreOptions): Promise<Store> {
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
  return {
    db: opened,
    tokenPool: opened,
    isShared: false,
    transact: (work) => opened.transaction().execute(work),
    hint() {},
    onHint: () => {},
    hintQueueUsage: () => 0,
    close: () => opened.destroy(),
  }
}
