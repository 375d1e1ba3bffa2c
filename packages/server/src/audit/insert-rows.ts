// Event rows as statements of SQLite, which are compiled once. Their sizes are powers of two, which bounds the number of statements.
import { sql, type CompiledQuery, type Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { layout, type EventRow } from './events/event-row.ts'

const maxRowsPerStatement = 64

/** Returns a function for rows that all have the same members. Rows that are stored already are left as they are. */
export function createRowInserts(db: Kysely<Schema>): (rows: readonly EventRow[]) => CompiledQuery[] {
  const statements = new Map<string, CompiledQuery>()
  const insert = (rows: readonly EventRow[]): CompiledQuery => {
    const columns = Object.keys(rows[0]!)
    const hasLayout = columns.at(-1) === 'layout'
    const name = `${columns.length} ${rows.length}`
    let statement = statements.get(name)
    if (!statement) {
      statement = db
        .insertInto('audit_events')
        .values(hasLayout ? rows.map((row) => ({ ...row, layout: sql.lit(layout) })) : rows)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .compile()
      statements.set(name, statement)
    }
    // Kysely takes the columns in the order of the first row's members, which event-row.ts keeps constant.
    return { ...statement, parameters: rows.flatMap(hasLayout ? valuesOf : Object.values) }
  }
  return (rows) => {
    const all: CompiledQuery[] = []
    for (let done = 0; done < rows.length;) {
      const size = Math.min(maxRowsPerStatement, 2 ** Math.floor(Math.log2(rows.length - done)))
      all.push(insert(rows.slice(done, (done += size))))
    }
    return all
  }
}

/** Without the layout, which is last and is a constant in the statement. */
function valuesOf(row: EventRow): unknown[] {
  const values: unknown[] = Object.values(row)
  values.pop()
  return values
}
