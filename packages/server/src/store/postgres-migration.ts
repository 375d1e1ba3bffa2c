// Migrates a PostgreSQL that other nodes may be using: one node at a time, and without waiting for any lock so long that requests
// queue behind it.
import { setTimeout as sleep } from 'node:timers/promises'
import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely'
import { migrate, type Migrations } from './migrate.ts'
import type { Login } from './login.ts'
import { createPool } from './postgres.ts'

/**
 * A schema change waits this long for the transactions that use the table; meanwhile all other statements on the table queue
 * behind it, and a token request waits no longer than a quarter of a second.
 */
const lockMilliseconds = 100
const attempts = 60

/** "csgn": the advisory lock of the migrating node. It belongs to the session, so it is released when the process dies. */
const lockId = 0x6373676e

/** @param say gets a sentence that says why migrating takes longer */
export async function migratePostgres(login: Login | string, migrations: Migrations, say: (message: string) => void): Promise<void> {
  const db = new Kysely<unknown>({ dialect: new MigrationDialect(login, say) })
  try {
    await refuseForeign(db)
    for (let attempt = 1; ; attempt++) {
      try {
        return await migrate(db, migrations)
      } catch (error) {
        if ((error as { code?: string }).code !== '55P03' || attempt === attempts) throw error
        say('A migration of the store could not get a lock within 0.1 s, because the table is in use; retrying.')
        await sleep(1000)
      }
    }
  } finally {
    await db.destroy()
  }
}

async function refuseForeign(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ name: string }>`select tablename as name from pg_tables where schemaname = current_schema()`.execute(db)
  if (rows.length > 0 && !rows.some(({ name }) => name === 'kysely_migration')) throw new Error('it is the database of another program')
}

class MigrationDialect extends PostgresDialect {
  readonly #say: (message: string) => void

  constructor(login: Login | string, say: (message: string) => void) {
    super({ pool: createPool(login, { poolSize: 2, connectMilliseconds: 5000, answerMilliseconds: 0, lockMilliseconds }) })
    this.#say = say
  }

  override createAdapter(): PostgresAdapter {
    return new OneNodeAtATime(this.#say)
  }
}

/** Polls instead of waiting: a statement that waits keeps its snapshot and so holds back VACUUM. */
class OneNodeAtATime extends PostgresAdapter {
  readonly #say: (message: string) => void

  constructor(say: (message: string) => void) {
    super()
    this.#say = say
  }

  override async acquireMigrationLock(db: Kysely<unknown>): Promise<void> {
    // Otherwise the server continues a statement of a dead node, and keeps the lock until it ends.
    const setting = 'client_connection_check_interval'
    await sql`select set_config(name, '1000', false) from pg_settings where name = ${setting}`.execute(db)
    for (let attempt = 0; ; attempt++) {
      const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_lock(${sql.lit(lockId)}) as held`.execute(db)
      if (rows[0]?.held) return
      if (attempt % 40 === 4) this.#say('Another server is migrating the store; waiting until it is done.')
      await sleep(250)
    }
  }

  override async releaseMigrationLock(db: Kysely<unknown>): Promise<void> {
    await sql`select pg_advisory_unlock(${sql.lit(lockId)})`.execute(db)
  }
}
