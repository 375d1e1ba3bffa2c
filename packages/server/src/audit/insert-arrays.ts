// Event rows as one statement of PostgreSQL, whatever their number: an array of values for each column. Then a batch is one statement and
// its own transaction, and statements are few enough to be prepared.
import { CompiledQuery } from 'kysely'
import { encodeArray, type ElementType } from '../store/postgres-arrays.ts'
import { prepareOnce } from '../store/prepared-statements.ts'
import type { EventRow } from './events/event-row.ts'

/** The only names that get into the text of a statement, in the order of its columns. */
const columnTypes = {
  id: 'text',
  at: 'bigint',
  kind: 'text',
  outcome: 'text',
  reason: 'text',
  realm: 'text',
  organization_id: 'text',
  client_id: 'text',
  address: 'text',
  request_id: 'text',
  detail: 'text',
  mac: 'text',
  actor_kind: 'text',
  actor_id: 'text',
  actor_realm: 'text',
  actor_via: 'text',
  on_behalf_of: 'text',
  caller_request_id: 'text',
  trace_id: 'text',
  layout: 'integer',
} as const satisfies Record<keyof EventRow, ElementType>
const allNames = Object.keys(columnTypes) as (keyof EventRow)[]

interface InsertOptions {
  /** Whether rows that are stored already are left as they are; otherwise they are an error. It costs a quarter more. */
  readonly leavesStored: boolean
}

/** All rows have the same members. The statement also tells the last change in the store, which costs less than a statement of its own. */
export function insertArrays(rows: readonly EventRow[], { leavesStored }: InsertOptions): CompiledQuery {
  const names = allNames.filter((name) => Object.hasOwn(rows[0]!, name))
  const text = `
    with written as (
      insert into audit_events (${names.join(', ')})
      select ${names.map((name, i) => `unnest($${i + 1}::${columnTypes[name]}[])`).join(', ')}
      ${leavesStored ? 'on conflict (id) do nothing' : ''}
    )
    select epoch.value as number, changes.identity from epoch left join changes on changes.number = epoch.value`
  prepareOnce(text)
  const columns = names.map((name) =>
    encodeArray(
      columnTypes[name],
      rows.map((row) => row[name] ?? null),
    ),
  )
  return CompiledQuery.raw(text, columns)
}
