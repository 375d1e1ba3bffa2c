// A node in the middle of a migration, for tests that kill it there: `node interrupted-migration.fixture.ts URL`.
import { sql } from 'kysely'
import type { Migrations } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/store.ts'

/** Two migrations, the second of which takes a while after it has created a table. */
export function twoSteps(seconds: number): Migrations {
  return {
    '001-first': { up: async (db) => void (await sql`create table first (name text)`.execute(db)) },
    '002-second': {
      async up(db) {
        await sql`create table second (name text)`.execute(db)
        await sql`select pg_sleep(${sql.lit(seconds)})`.execute(db)
      },
    },
  }
}

if (import.meta.main) await openStore(process.argv[2]!, { history: twoSteps(60) })
