// What the few statements that cannot be written for both databases must know.
import { PostgresAdapter, type Kysely } from 'kysely'

export function isPostgres(db: Pick<Kysely<unknown>, 'getExecutor'>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}
