// Searches the audit log, the newest first. It has no index but its key, because every token writes to it; so a search walks
// it by the key in windows of bounded size, lets others run between two of them, and stops somewhere: the caller goes on.
import { setImmediate as untilOthersRan } from 'node:timers/promises'
import { sql, type Expression, type Kysely, type Selectable, type SqlBool } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import { idFrom } from '../events/audit-chain.ts'

export interface AuditFilter {
  readonly realm?: string | undefined
  readonly organization?: string | undefined
  /** Whom it is about, or who did it. */
  readonly client?: string | undefined
  readonly kind?: string | undefined
  readonly outcome?: 'success' | 'refused' | undefined
}

export interface AuditRange {
  /** Milliseconds since the epoch. */
  readonly from: number | undefined
  /** Milliseconds since the epoch; events at this instant are not in it. */
  readonly to: number | undefined
  /** The id of an event: only older ones. */
  readonly after: string | undefined
}

type Row = Selectable<Schema['audit_events']>

export interface SearchBounds {
  /** How many rows one statement may look at: the database, and with SQLite this process, does nothing else meanwhile. */
  readonly rowsInWindow: number
  /** How many windows one search may look at. */
  readonly windows: number
}

/** About 10 ms of a processor for each window, half a second for all. */
const usualBounds: SearchBounds = { rowsInWindow: 10_000, windows: 50 }

/** Events differ in size by a thousand times; one page of them must fit into memory. Characters. */
const maxDetail = 4_000_000
const maxRowsAtOnce = 250

/** `next` is null at the end of the log; otherwise it is where to go on, even where nothing was found yet. */
export async function searchAudit(
  db: Kysely<Schema>,
  filter: AuditFilter,
  { from, to, after }: AuditRange,
  limit: number,
  { rowsInWindow, windows } = usualBounds,
): Promise<{ readonly rows: readonly Row[]; readonly next: string | null }> {
  const conditions = conditionsOf(filter)
  const oldest = idFrom(Math.max(0, from ?? 0))
  let newest = [to === undefined ? 'g' : idFrom(Math.max(0, to)), after ?? 'g'].toSorted()[0]!
  const rows: Row[] = []
  let characters = 0
  for (let window = 0; window < windows; window++) {
    const start = await findWindowStart(db, oldest, newest, rowsInWindow)
    const most = Math.min(limit + 1 - rows.length, maxRowsAtOnce)
    let query = db.selectFrom('audit_events').selectAll().where('id', '<', newest)
    for (const condition of [sql<SqlBool>`id >= ${start ?? oldest}`, ...conditions]) query = query.where(condition)
    const found = await query.orderBy('id', 'desc').limit(most).execute()
    for (const row of found) {
      const last = rows.at(-1)
      if (last && (rows.length === limit || characters + row.detail.length > maxDetail)) return { rows, next: last.id }
      rows.push(row)
      characters += row.detail.length
    }
    if (found.length === most) newest = found.at(-1)!.id
    else if (start === undefined) return { rows, next: null }
    else newest = start
    if (rows.length === limit) return { rows, next: newest }
    await untilOthersRan()
  }
  return { rows, next: newest }
}

/** The oldest event of a window that ends before an id; undefined where the window reaches the end. */
async function findWindowStart(db: Kysely<Schema>, oldest: string, newest: string, rows: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('audit_events')
    .select('id')
    .where('id', '<', newest)
    .where('id', '>=', oldest)
    .orderBy('id', 'desc')
    .offset(rows - 1)
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

function conditionsOf({ realm, organization, client, kind, outcome }: AuditFilter): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = []
  const equals = (column: keyof Row, value: string | undefined) => {
    if (value !== undefined) conditions.push(sql<SqlBool>`${sql.ref(column)} = ${value}`)
  }
  equals('kind', kind)
  equals('outcome', outcome)
  equals('realm', realm)
  equals('organization_id', organization)
  if (client !== undefined) {
    // Who did it stands last in the detail of every change: store/change.ts.
    const by = `%"client":"${client.replaceAll('_', '!_')}"}}`
    conditions.push(sql<SqlBool>`(client_id = ${client} or detail like ${by} escape '!')`)
  }
  return conditions
}
