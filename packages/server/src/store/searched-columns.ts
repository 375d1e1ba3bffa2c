// The texts of a row in which a search looks, as one: they are compared once, and on SQLite they are in the indexes as they are written here.
import { sql, type RawBuilder } from 'kysely'

export function searchedColumns(columns: readonly string[]): RawBuilder<string> {
  const separator = sql` || ${sql.lit('\n')} || `
  return sql`(${sql.join(
    columns.map((column) => sql.ref(column)),
    separator,
  )})`
}
