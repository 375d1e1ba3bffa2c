// Opens a store on PostgreSQL: migrates it, and creates a pool for token requests, one for the background, and one for everything else.
import { Kysely, sql } from 'kysely'
import { buildIndexes } from './build-indexes.ts'
import { checkPostgres } from './check-postgres.ts'
import { databaseIdentity } from './change-log.ts'
import { checkPostgresUrl, describeLocation } from './location.ts'
import type { Login } from './login.ts'
import { migrations } from './migrations.ts'
import { oneChangeAtATime, postgresDialect } from './postgres.ts'
import { createHints } from './postgres-hints.ts'
import { migratePostgres } from './postgres-migration.ts'
import type { Schema } from './schema.ts'
import { defaultRequestWaitsMs, warn, type Store, type StoreOptions } from './store.ts'
import { adviceFor, isStoreUnavailable, StoreError } from './store-errors.ts'

const checkTheDatabase = "Check that the server lets this user in, and that the database is empty or Countersign's and belongs to the user."

/** @throws StoreError, whose message has no password */
export async function openPostgres(
  login: Login,
  { history = migrations, say = warn, requestWaitsMs = defaultRequestWaitsMs, ...options }: StoreOptions,
): Promise<Store> {
  const url = login.url()
  try {
    checkPostgresUrl(url)
  } catch (cause) {
    throw new StoreError(`The URL of the PostgreSQL store is malformed: ${(cause as Error).message}.`, { cause })
  }
  try {
    await checkPostgres(login)
    await migratePostgres(login, history, say)
  } catch (cause) {
    if (cause instanceof StoreError) throw cause
    throw new StoreError(
      `Cannot use the store "${describeLocation(url)}": ${(cause as Error).message}. ${adviceFor(cause, checkTheDatabase)}`,
      { cause },
    )
  }
  const db = new Kysely<Schema>({ dialect: postgresDialect(login, options) })
  const hotWaits = { connectMilliseconds: 0.8 * requestWaitsMs, answerMilliseconds: requestWaitsMs }
  const tokenPool = new Kysely<Schema>({ dialect: postgresDialect(login, { ...options, ...hotConnections, ...hotWaits }) })
  const backgroundPool = new Kysely<Schema>({ dialect: postgresDialect(login, { ...options, ...backgroundConnections }) })
  const closePools = () => Promise.all([tokenPool.destroy(), backgroundPool.destroy(), db.destroy()])
  await connectFirst(tokenPool, url).catch(async (error: Error) => {
    await closePools()
    throw error
  })
  await Promise.all([openConnections(tokenPool, 1), openConnections(backgroundPool, 1)])
  const tellsDatabase = await canTellDatabase(db)
  const hints = createHints(login, backgroundPool)
  const indexes = buildIndexes({ login, db: backgroundPool, say })
  return {
    db,
    tokenPool,
    backgroundPool,
    isShared: true,
    warmUp: () => openConnections(tokenPool, hotConnections.poolSize),
    requestWaitsMs,
    tellsDatabase,
    logLogins: login.logTo,
    hint: () => hints.send('changes'),
    onHint: (callback) => hints.listen('changes', callback),
    hintUses: () => hints.send('uses'),
    onUsesHint: (callback) => hints.listen('uses', callback),
    hintQueueUsage: hints.queueUsage,
    releaseSpace: async () => {},
    rewriteFile: async () => true,
    transact: (work) =>
      db.transaction().execute(async (transaction) => {
        const databaseNow = await oneChangeAtATime(transaction)
        return work(transaction, databaseNow)
      }),
    async close() {
      await indexes.stop()
      await Promise.all([hints.close(), closePools()])
    },
  }
}

const hotConnections = { poolSize: 5, idleMilliseconds: 0 }

/**
 * Pulls, seals, hints and the emptying of the spool: no request waits for them. A pull that gave up after 250 ms would end the lease of a
 * node whose database is 260 ms away, and with it all service. To connect takes several times as long as to ask.
 */
const backgroundConnections = { poolSize: 4, connectMilliseconds: 4000, answerMilliseconds: 2000, idleMilliseconds: 0 }

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
