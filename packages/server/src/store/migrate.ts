// Brings the schema of a store up to date. Of several nodes that start at once one migrates and the others wait; an interrupted
// migration leaves nothing behind, and the next start does it again.
import type { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'

export type Migrations = Readonly<Record<string, Migration>>

/** Runs migrations in order; all or nothing if the database has transactional DDL. */
export async function migrate<Tables>(db: Kysely<Tables>, migrations: Migrations): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  // A newer version of the program may have added more migrations, which are compatible with this version.
  if ((await migrator.getMigrations()).every(({ executedAt }) => executedAt)) return
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
