// What the few statements that cannot be written for both databases must know.
import { PostgresAdapter, sql, type ColumnDefinitionBuilder, type Kysely } from 'kysely'

export function isPostgres(db: Pick<Kysely<unknown>, 'getExecutor'>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}

/**
 * What the two call differently. Every column of text is sorted byte by byte, as in SQLite, whatever the language of the
 * server; PostgreSQL does not compare two that are sorted differently.
 */
export function columnTypes(db: Pick<Kysely<unknown>, 'getExecutor'>) {
  const byItself = (column: ColumnDefinitionBuilder) => column.primaryKey()
  return isPostgres(db)
    ? ({
        text: sql`text collate "C"`,
        bytes: 'bytea',
        sequence: 'bigint',
        counted: (column: ColumnDefinitionBuilder) => byItself(column).generatedAlwaysAsIdentity(),
      } as const)
    : ({
        text: 'text',
        bytes: 'blob',
        sequence: 'integer',
        counted: (column: ColumnDefinitionBuilder) => byItself(column).autoIncrement(),
      } as const)
}
