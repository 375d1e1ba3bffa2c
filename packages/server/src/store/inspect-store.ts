// Inspects a store that may be in use: nothing is created, migrated, locked or written.
import { existsSync, statSync } from 'node:fs'
import { Kysely, sql, type Dialect } from 'kysely'
import { checkPostgresUrl, describeLocation, fileOf, isPostgresUrl, resolveLocation } from './location.ts'
import { describePooler, isRefusedByPooler } from './postgres-pooler.ts'
import { sqliteReadingDialect } from './read-sqlite.ts'
import { createLogin } from './login.ts'
import type { Schema } from './schema.ts'
import { adviceFor, StoreError } from './store-errors.ts'

export interface FoundStore {
  /** "missing": the file does not exist; "empty": the file or the database has no tables. */
  readonly state: 'missing' | 'empty' | 'used'
  readonly kind: 'sqlite' | 'postgres'
  /** Name for messages: the file, or the URL without its password. */
  readonly name: string
}

/** The state of a location before it is opened as a store. @throws StoreError if it cannot be determined */
export async function inspectStore(location: string): Promise<FoundStore> {
  const url = resolveLocation(location)
  const name = locationName(url)
  if (!isPostgresUrl(url)) {
    const file = fileOf(url)
    if (file === ':memory:') return { state: 'empty', kind: 'sqlite', name }
    const state = !existsSync(file) ? 'missing' : statSync(file).size === 0 ? 'empty' : 'used'
    return { state, kind: 'sqlite', name }
  }
  const tables = await readStore(location, async (db) => {
    return (await sql`select 1 from pg_tables where schemaname = current_schema()`.execute(db)).rows.length
  })
  return { state: tables === 0 ? 'empty' : 'used', kind: 'postgres', name }
}

/**
 * Opens a store read-only, while a server may be using it, and closes it after `read`.
 * @param readLocation reads the location again where it was configured, after the database has refused the login
 * @throws StoreError
 */
export async function readStore<Result>(
  location: string,
  read: (db: Kysely<Schema>) => Promise<Result>,
  readLocation?: () => string,
): Promise<Result> {
  const url = resolveLocation(location)
  const name = locationName(url)
  if (!isPostgresUrl(url) && !existsSync(fileOf(url)))
    throw new StoreError(`The store "${name}" does not exist. Correct "store" in the configuration, or restore a backup.`)
  let db: Kysely<Schema> | undefined
  try {
    db = new Kysely<Schema>({ dialect: await readingDialect(location, readLocation) })
    await sql`select 1`.execute(db)
  } catch (cause) {
    await db?.destroy()
    if (isRefusedByPooler(cause))
      throw new StoreError(`Cannot read the store "${name}": ${describePooler((cause as Error).message)}`, { cause })
    const advice = adviceFor(cause, 'Check that it is there, that it is a Countersign database and that this user may read it.')
    throw new StoreError(`Cannot read the store "${name}": ${(cause as Error).message}. ${advice}`, { cause })
  }
  try {
    return await read(db)
  } finally {
    await db.destroy()
  }
}

async function readingDialect(location: string, readLocation?: () => string): Promise<Dialect> {
  const url = resolveLocation(location)
  if (!isPostgresUrl(url)) return sqliteReadingDialect(fileOf(url))
  const { postgresDialect } = await import('./postgres.ts') // Its driver is loaded only when it is needed.
  // Reading a whole log takes longer than a token request waits, and can be done on a standby.
  return postgresDialect(createLogin({ location, readLocation }), { poolSize: 1, answerMilliseconds: 60_000, allowsStandby: true })
}

function locationName(url: string): string {
  try {
    if (isPostgresUrl(url)) checkPostgresUrl(url)
  } catch (cause) {
    throw new StoreError(`The URL of the PostgreSQL store is malformed: ${(cause as Error).message}.`, { cause })
  }
  return describeLocation(url)
}
