// The rows of usage: a count is added to its hour and to its day by one statement, so that days are the sums of their hours. Several nodes
// add to the same rows; a statement locks them in the order of their key, so that two statements never wait for each other.
import type { Kysely } from 'kysely'
import { addUpTo, oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { startOf, type UsageStep } from './usage-steps.ts'
import type { UsageEntry } from './usage.ts'

/** Empty texts stand for "none" or "others". */
export interface HourCount extends Pick<UsageEntry, 'realm' | 'what' | 'outcome' | 'count'> {
  readonly clientId: string
  readonly organizationId: string
  readonly subject: string
  /** Of the hour. */
  readonly start: number
}

type Row = Schema['usage']

/** More than there can be. A guard that lies for hours must not make a number that JavaScript cannot read: nobody could read the rest, either. */
const mostOfRow = 1e12

export async function writeUsage(db: Kysely<Schema>, counts: readonly HourCount[]): Promise<void> {
  const rows = new Map<string, Row>()
  for (const count of counts) {
    for (const step of ['hour', 'day'] as const) {
      const row = toRow(count, step)
      const key = JSON.stringify([row.realm, row.client_id, row.organization_id, row.step, row.start, row.what, row.subject, row.outcome])
      const same = rows.get(key)
      if (same) same.count += row.count
      else rows.set(key, row)
    }
  }
  const sorted = [...rows].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
  await db
    .insertInto('usage')
    .values(sorted)
    .onConflict((conflict) =>
      conflict
        .columns(['realm', 'client_id', 'organization_id', 'step', 'start', 'what', 'subject', 'outcome'])
        .doUpdateSet({ count: addUpTo(mostOfRow, 'usage.count', 'excluded.count') }),
    )
    .execute()
}

function toRow({ realm, clientId, organizationId, start, what, subject, outcome, count }: HourCount, step: UsageStep): Row {
  return { realm, client_id: clientId, organization_id: organizationId, step, start: startOf(step, start), what, subject, outcome, count }
}

/** The routes that the clients of these counts have on their days already. */
export async function readRoutesOf(
  db: Kysely<Schema>,
  calls: readonly Pick<HourCount, 'realm' | 'clientId' | 'start'>[],
  keyOf: (realm: string, clientId: string, at: number) => string,
): Promise<Map<string, Set<string>>> {
  const routes = new Map<string, Set<string>>()
  if (calls.length === 0) return routes
  const days = calls.map(({ start }) => startOf('day', start))
  const realms = new Set(calls.map(({ realm }) => realm))
  const clientIds = new Set(calls.map(({ clientId }) => clientId))
  const rows = await db
    .selectFrom('usage')
    .select(['realm', 'client_id', 'start', 'subject'])
    .distinct()
    .where('realm', 'in', oneOf(db, [...realms]))
    .where('client_id', 'in', oneOf(db, [...clientIds]))
    .where('step', '=', 'day')
    .where('start', '>=', Math.min(...days))
    .where('start', '<=', Math.max(...days))
    .where('what', '=', 'call')
    .where('subject', '<>', '')
    .execute()
  for (const { realm, client_id: clientId, start, subject } of rows) {
    const key = keyOf(realm, clientId, start)
    const known = routes.get(key)
    if (known) known.add(subject)
    else routes.set(key, new Set([subject]))
  }
  return routes
}
