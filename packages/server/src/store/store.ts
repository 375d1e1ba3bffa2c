// The store: opens the database, brings its schema up to date and runs changes in transactions. Which tables a domain
// reads and writes is that domain's business.
import { Kysely, type Transaction } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from './migrations.ts'
import { sqliteDialect, StoreInUseError } from './sqlite.ts'
import type { Schema } from './schema.ts'

/** The store cannot be used; the message says what to do about it. */
export class StoreError extends Error {
  override name = 'StoreError'
}

export interface Store {
  readonly db: Kysely<Schema>
  /** Everything that `work` does is committed together or not at all. Returns once it is durable. */
  transact<T>(work: (db: Transaction<Schema>) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Opens `sqlite:FILE` or `sqlite::memory:` and migrates it. @throws StoreError */
export async function openStore(url: string): Promise<Store> {
  const file = url.replace(/^sqlite:/, '')
  let db: Kysely<Schema> | undefined
  try {
    db = new Kysely<Schema>({ dialect: sqliteDialect(file) })
    await migrate(db)
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
    transact: (work) => opened.transaction().execute(work),
    close: () => opened.destroy(),
  }
}

async function migrate(db: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
