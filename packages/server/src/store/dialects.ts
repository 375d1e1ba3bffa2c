// The differences between both databases that statements depend on.
import { PostgresAdapter, sql, type ColumnDefinitionBuilder, type Kysely, type RawBuilder } from 'kysely'

export function isPostgres(db: Pick<Kysely<unknown>, 'getExecutor'>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}

/**
 * Column types by their name in each database. Every text column is sorted byte by byte, as in SQLite, whatever the locale of the
 * server; PostgreSQL does not compare texts with different collations.
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

/**
 * For `in`: a list of any length as one parameter. SQLite refuses a statement with more than 32,766 parameters, PostgreSQL one with
 * more than 65,535.
 */
export function oneOf(db: Pick<Kysely<unknown>, 'getExecutor'>, values: readonly string[]): RawBuilder<string> {
  const list = JSON.stringify(values)
  return isPostgres(db) ? sql`(select json_array_elements_text(${list}::json))` : sql`(select value from json_each(${list}))`
}

/** A table of any length, as one parameter: a row for each member of the record. */
export function namedNumbers(
  db: Pick<Kysely<unknown>, 'getExecutor'>,
  record: Readonly<Record<string, number>>,
): RawBuilder<{ name: string; value: number }> {
  const json = JSON.stringify(record)
  return isPostgres(db)
    ? sql`(select key as name, value::bigint as value from json_each_text(${json}::json))`
    : sql`(select key as name, value from json_each(${json}))`
}

/** The sum of two columns, for an `on conflict` clause, but at most `most`. Beyond 2^53, SQLite has numbers that cannot be read any more. */
export function addUpTo(most: number, one: string, other: string): RawBuilder<number> {
  const sum = sql<number>`${sql.ref(one)} + ${sql.ref(other)}`
  return sql<number>`case when ${sum} > ${sql.lit(most)} then ${sql.lit(most)} else ${sum} end`
}
