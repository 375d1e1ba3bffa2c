// The store: opens the database, brings its schema up to date and runs changes in transactions. Which tables a domain
// reads and writes is that domain's business.
import { Kysely, sql, type Transaction } from 'kysely'
import { migrate, type Migrations } from './migrate.ts'
import { fileOf, forgetLocation, isPostgresUrl, resolveLocation } from './location.ts'
import { migrations } from './migrations.ts'
import { checkPostgresUrl, describePostgres, oneChangeAtATime, postgresDialect, type PostgresOptions } from './postgres.ts'
import { createHints } from './postgres-hints.ts'
import { migratePostgres } from './postgres-migration.ts'
import { sqliteDialect, StoreInUseError } from './sqlite.ts'
import type { Schema } from './schema.ts'
import { isStoreUnavailable, StoreError } from './store-errors.ts'

export interface Store {
  /** For operators and for changes. */
  readonly db: Kysely<Schema>
  /** For what a token request waits for: connections of its own on which nothing takes long. */
  readonly hot: Kysely<Schema>
  /** Whether other servers may change it, too. */
  readonly isShared: boolean
  /** Everything that `work` does is committed together or not at all. Returns once it is durable. */
  transact<T>(work: (db: Transaction<Schema>) => Promise<T>): Promise<T>
  /** Tells the other servers, once `db` is committed, that there is something to pull. A hint may be lost. */
  hint(db: Transaction<Schema>): Promise<void>
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
  return isPostgresUrl(url) ? openPostgres(url, options) : openSqlite(fileOf(url), options)
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
    hot: opened,
    isShared: false,
    transact: (work) => opened.transaction().execute(work),
    hint: async () => {},
    onHint: () => {},
    hintQueueUsage: () => 0,
    close: () => opened.destroy(),
  }
}

async function openPostgres(url: string, { history = migrations, say = warn, ...options }: StoreOptions): Promise<Store> {
  try {
    checkPostgresUrl(url)
  } catch (cause) {
    throw new StoreError(`The URL of the PostgreSQL store is malformed: ${(cause as Error).message}.`, { cause })
  }
  try {
    await migratePostgres(url, history, say)
  } catch (cause) {
    throw new StoreError(
      `Cannot use the store "${describePostgres(url)}": ${(cause as Error).message}. Check that the server runs and lets this user in, and that the database is empty or Countersign's and belongs to the user.`,
      { cause },
    )
  }
  const db = new Kysely<Schema>({ dialect: postgresDialect(url, options) })
  const hot = new Kysely<Schema>({ dialect: postgresDialect(url, { ...options, ...hotConnections }) })
  await connectFirst(hot, url).catch(async (error: Error) => {
    await Promise.all([hot.destroy(), db.destroy()])
    throw error
  })
  await warmUp(hot)
  const hints = createHints(url)
  return {
    db,
    hot,
    isShared: true,
    hint: (transaction) => hints.send(transaction),
    onHint: (callback) => hints.listen(callback),
    hintQueueUsage: hints.queueUsage,
    transact: (work) =>
      db.transaction().execute(async (transaction) => {
        await oneChangeAtATime(transaction)
        return work(transaction)
      }),
    close: async () => void (await Promise.all([hints.close(), hot.destroy(), db.destroy()])),
  }
}

/** A token request waits no longer than this for the database before it is refused for the moment, or its event spooled. */
const hotConnections = { poolSize: 5, connectMilliseconds: 200, answerMilliseconds: 250, idleMilliseconds: 0 }

/** Makes all connections before the first burst of requests needs them: that takes long where the machine is busy already. */
async function warmUp(hot: Kysely<Schema>): Promise<void> {
  await Promise.allSettled(Array.from({ length: hotConnections.poolSize }, () => sql`select 1`.execute(hot)))
}

/** The first connection may take longer than a token request waits: names are looked up, and a busy server has to make room. */
async function connectFirst(hot: Kysely<Schema>, url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return void (await sql`select 1`.execute(hot))
    } catch (cause) {
      if (!isStoreUnavailable(cause)) throw cause
      if (attempt < mostAttempts) continue
      throw new StoreError(
        `The store "${describePostgres(url)}" takes longer than 200 ms to connect or 250 ms to answer, ${mostAttempts} times in a row. A token request cannot wait so long: use a database that is nearer or less busy.`,
        { cause },
      )
    }
  }
}

const mostAttempts = 25

function warn(message: string): void {
  process.emitWarning(message, 'StoreWarning')
}
