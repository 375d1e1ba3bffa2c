// Indexes with all that a search looks at, in each order of the lists: SQLite reads them and not the rows, which are several times as wide.
// PostgreSQL reads a table faster than such an index, unless its settings say that its disk seeks fast.
import { sql, type Kysely } from 'kysely'
import { isPostgres } from './dialects.ts'
import { searchedColumns } from './searched-columns.ts'

const indexes = [
  ['clients_search', 'clients', ['realm', 'client_id', 'id'], ['client_id', 'name']],
  ['clients_created', 'clients', ['realm', 'created_at', 'id'], ['client_id', 'name']],
  ['organizations_search', 'organizations', ['realm', 'slug', 'id'], ['slug', 'name']],
  ['organizations_name', 'organizations', ['realm', 'name', 'id'], ['slug', 'name']],
  ['organizations_created', 'organizations', ['realm', 'created_at', 'id'], ['slug', 'name']],
  ['partners_search', 'partners', ['realm', 'id'], ['name']],
] as const

export async function searchIndexes(db: Kysely<unknown>): Promise<void> {
  if (isPostgres(db)) return
  for (const [name, table, order, searched] of indexes) {
    await db.schema.dropIndex(name).ifExists().execute()
    const columns = sql.join([...order.map((column) => sql.ref(column)), searchedColumns(searched)])
    await sql`create index ${sql.ref(name)} on ${sql.table(table)} (${columns})`.execute(db)
  }
}
