// Brings the schema of a store up to date. Of several nodes that start at once one does it and the others wait; what was
// interrupted is as if it had never begun, and the next start does it.
import type { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'

export type Migrations = Readonly<Record<string, Migration>>

/** One after the other; where the database can take back changes of the schema, all or nothing. */
export async function migrate<Tables>(db: Kysely<Tables>, migrations: Migrations): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  // A newer version of the program may have added more: it did so in a way that this one can live with.
  if ((await migrator.getMigrations()).every(({ executedAt }) => executedAt)) return
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
