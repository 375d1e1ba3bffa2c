// Opens a store on PostgreSQL: migrates it, and creates one pool for token requests and one for everything else.
import { Kysely, sql } from 'kysely'
import { databaseIdentity } from './change-log.ts'
import { checkPostgresUrl, describeLocation } from './location.ts'
import { migrations } from './migrations.ts'
import { oneChangeAtATime, postgresDialect } from './postgres.ts'
import { createHints } from './postgres-hints.ts'
import { migratePostgres } from './postgres-migration.ts'
import type { Schema } from './schema.ts'
import type { Store, StoreOptions } from './store.ts'
import { isStoreUnavailable, StoreError } from './store-errors.ts'

/** @throws StoreError, whose message has no password */
export async function openPostgres(url: string, { history = migrations, say = warn, ...options }: StoreOptions): Promise<Store> {
  try {
    checkPostgresUrl(url)
  } catch (cause) {
    throw new StoreError(`The URL of the PostgreSQL store is malformed: ${(cause as Error).message}.`, { cause })
  }
  try {
    await migratePostgres(url, history, say)
  } catch (cause) {
    throw new StoreError(
      `Cannot use the store "${describeLocation(url)}": ${(cause as Error).message}. Check that the server runs and lets this user in, and that the database is empty or Countersign's and belongs to the user.`,
      { cause },
    )
  }
  const db = new Kysely<Schema>({ dialect: postgresDialect(url, options) })
  const tokenPool = new Kysely<Schema>({ dialect: postgresDialect(url, { ...options, ...hotConnections }) })
  await connectFirst(tokenPool, url).catch(async (error: Error) => {
    await Promise.all([tokenPool.destroy(), db.destroy()])
    throw error
  })
  await openConnections(tokenPool, 2) // One reads changes while the other serves the first request.
  const tellsDatabase = await canTellDatabase(db)
  const hints = createHints(url, tokenPool)
  return {
    db,
    tokenPool,
    isShared: true,
    warmUp: () => openConnections(tokenPool, hotConnections.poolSize),
    tellsDatabase,
    hint: hints.send,
    onHint: (callback) => hints.listen(callback),
    hintQueueUsage: hints.queueUsage,
    transact: (work) =>
      db.transaction().execute(async (transaction) => {
        await oneChangeAtATime(transaction)
        return work(transaction)
      }),
    close: async () => void (await Promise.all([hints.close(), tokenPool.destroy(), db.destroy()])),
  }
}

/** A token request waits for the database no longer than this before it gets 503, or its event is spooled. */
const hotConnections = { poolSize: 5, connectMilliseconds: 200, answerMilliseconds: 250, idleMilliseconds: 0 }

/**
 * False if this user may not read it, or the database has no such function: then histories are distinguished by their changes
 * alone.
 */
async function canTellDatabase(db: Kysely<Schema>): Promise<boolean> {
  return sql`select ${databaseIdentity}`.execute(db).then(
    () => true,
    () => false,
  )
}

async function openConnections(tokenPool: Kysely<Schema>, count: number): Promise<void> {
  await Promise.allSettled(Array.from({ length: count }, () => sql`select 1`.execute(tokenPool)))
}

/** The first connection may take longer than a token request waits: names are resolved, and a busy server has to make room. */
async function connectFirst(tokenPool: Kysely<Schema>, url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return void (await sql`select 1`.execute(tokenPool))
    } catch (cause) {
      if (!isStoreUnavailable(cause)) throw cause
      if (attempt < maxAttempts) continue
      throw new StoreError(
        `The store "${describeLocation(url)}" takes longer than 200 ms to connect or 250 ms to answer, ${maxAttempts} times in a row. A token request cannot wait so long: use a database that is nearer or less busy.`,
        { cause },
      )
    }
  }
}

const maxAttempts = 25

function warn(message: string): void {
  process.emitWarning(message, 'StoreWarning')
}
