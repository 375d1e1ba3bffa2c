// Looks at a store beside whoever uses it: nothing is made, migrated, locked or written.
import { existsSync, statSync } from 'node:fs'
import { Kysely, sql, type Dialect } from 'kysely'
import { checkPostgresUrl, describeLocation, fileOf, isPostgresUrl, resolveLocation } from './location.ts'
import { sqliteReadingDialect } from './read-sqlite.ts'
import type { Schema } from './schema.ts'
import { StoreError } from './store-errors.ts'

export interface FoundStore {
  /** "missing" is a file that is not there; "empty" is one, or a database, in which nothing is. */
  readonly state: 'missing' | 'empty' | 'used'
  readonly kind: 'sqlite' | 'postgres'
  /** For messages: the file, or the URL without its password. */
  readonly name: string
}

/** What there is at a location, before anybody opens it as a store. @throws StoreError where that cannot be seen */
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

/** Opens a store for reading only, beside a server that uses it, and closes it after `read`. @throws StoreError */
export async function readStore<Result>(location: string, read: (db: Kysely<Schema>) => Promise<Result>): Promise<Result> {
  const url = resolveLocation(location)
  const name = locationName(url)
  if (!isPostgresUrl(url) && !existsSync(fileOf(url)))
    throw new StoreError(`The store "${name}" does not exist. Correct "store" in the configuration, or restore a backup.`)
  let db: Kysely<Schema> | undefined
  try {
    db = new Kysely<Schema>({ dialect: await readingDialect(url) })
    await sql`select 1`.execute(db)
  } catch (cause) {
    await db?.destroy()
    const advice = 'Check that it is there, that it is a Countersign database and that this user may read it.'
    throw new StoreError(`Cannot read the store "${name}": ${(cause as Error).message}. ${advice}`, { cause })
  }
  try {
    return await read(db)
  } finally {
    await db.destroy()
  }
}

async function readingDialect(url: string): Promise<Dialect> {
  if (!isPostgresUrl(url)) return sqliteReadingDialect(fileOf(url))
  const { postgresDialect } = await import('./postgres.ts') // Its driver is loaded only where it is needed.
  // Whoever reads all of a log may take longer than whoever waits for a token, and may do it at a standby.
  return postgresDialect(url, { poolSize: 1, answerMilliseconds: 60_000, allowsStandby: true })
}

function locationName(url: string): string {
  try {
    if (isPostgresUrl(url)) checkPostgresUrl(url)
  } catch (cause) {
    throw new StoreError(`The URL of the PostgreSQL store is malformed: ${(cause as Error).message}.`, { cause })
  }
  return describeLocation(url)
}
