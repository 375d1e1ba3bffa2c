// Event rows as one statement of PostgreSQL, whatever their number: an array of values for each column. Then a batch is one statement and
// its own transaction, and statements are few enough to be prepared.
import { CompiledQuery } from 'kysely'
import { encodeArray, type ElementType } from '../store/postgres-arrays.ts'
import { prepareOnce } from '../store/prepared-statements.ts'
import type { EventRow } from './events/event-row.ts'

interface InsertOptions {
  /** Whether rows that are stored already are left as they are; otherwise they are an error. It costs a quarter more. */
  readonly leavesStored: boolean
}

/** All rows have the same members. The statement also tells the last change in the store, which costs less than a statement of its own. */
export function insertArrays(rows: readonly EventRow[], { leavesStored }: InsertOptions): CompiledQuery {
  const names = Object.keys(rows[0]!) as (keyof EventRow)[]
  const text = `
    with written as (
      insert into audit_events (${names.join(', ')})
      select ${names.map((name, i) => `unnest($${i + 1}::${typeOf(name)}[])`).join(', ')}
      ${leavesStored ? 'on conflict (id) do nothing' : ''}
    )
    select epoch.value as number, changes.identity from epoch left join changes on changes.number = epoch.value`
  prepareOnce(text)
  const columns = names.map((name) =>
    encodeArray(
      typeOf(name),
      rows.map((row) => row[name] ?? null),
    ),
  )
  return CompiledQuery.raw(text, columns)
}

function typeOf(name: keyof EventRow): ElementType {
  if (name === 'at') return 'bigint'
  return name === 'layout' ? 'integer' : 'text'
}
