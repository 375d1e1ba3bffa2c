// Rows as lines of a spool file. A line is taken only if the MAC of its row is valid, so neither damage nor a file from elsewhere puts
// anything into the log that no server wrote.
import type { AuditMac } from './events/audit-mac.ts'
import { findFault, type EventRow, type StoredEvent } from './events/event-row.ts'

export interface ReadLines {
  readonly rows: readonly EventRow[]
  /** The number of lines that are not exactly one row. */
  readonly damaged: number
}

/** Statements take the columns of a row in the order of its members. */
const firstColumns = [
  'id',
  'at',
  'kind',
  'outcome',
  'reason',
  'realm',
  'organization_id',
  'client_id',
  'address',
  'request_id',
  'detail',
  'mac',
] as const satisfies readonly (keyof EventRow)[]
const addedColumns = [
  'actor_kind',
  'actor_id',
  'actor_realm',
  'actor_via',
  'on_behalf_of',
  'caller_request_id',
  'trace_id',
] as const satisfies readonly (keyof EventRow)[]

/** Every row begins with it, and no value of a row contains it, because quotes within a value are escaped. */
export const startOfRow = '{"id":"'

export function formatRows(rows: readonly EventRow[]): Buffer {
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

export function parseRows(text: string, mac: AuditMac): ReadLines {
  const rows: EventRow[] = []
  let damaged = 0
  for (const line of text.split('\n')) {
    if (line === '') continue
    const row = parseRow(line, mac)
    if (!row) damaged++
    rows.push(...(row ? [row] : findRows(line, mac)))
  }
  return { rows, damaged }
}

/** Rows within a damaged line: without its line end a row is one line with the next, and NULs can precede one. */
function findRows(line: string, mac: AuditMac): EventRow[] {
  return line
    .split(startOfRow)
    .slice(1)
    .flatMap((rest) => parseRow(startOfRow + rest.slice(0, rest.lastIndexOf('}') + 1), mac) ?? [])
}

function parseRow(text: string, mac: AuditMac): EventRow | undefined {
  try {
    const row = toColumns(JSON.parse(text) as Partial<EventRow>)
    return findFault(row as StoredEvent, mac) === undefined ? row : undefined
  } catch {
    return undefined
  }
}

/** With the members of a row and no others, in their order. */
function toColumns(found: Partial<EventRow>): EventRow {
  const pick = (columns: readonly (keyof EventRow)[]) => columns.map((column) => [column, found[column] ?? null])
  const hasAdded = addedColumns.some((column) => column in found)
  return Object.fromEntries([
    ...pick(firstColumns),
    ...(hasAdded ? pick(addedColumns) : []),
    ...(found.layout === undefined ? [] : [['layout', found.layout]]),
  ]) as EventRow
}
