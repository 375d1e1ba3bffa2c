// How many requests were refused today and yesterday, for lists: from the counts by day, which are some rows of each client and not some of
// each of its hours.
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { sumOfCounts } from '../usage/sum-usage.ts'
import { dayMs, startOf } from '../usage/usage-steps.ts'

export type RefusedCounts = NonNullable<NonNullable<OperationOutput<'clients.list'>['items'][number]['standing']>['refused']>

/**
 * By client id (the primary key of usage: realm, client, step, start) or by the id of the organization (index usage_of_organization), two
 * days each.
 */
export async function readRefusedCounts(
  db: Kysely<Schema>,
  realm: string,
  column: 'client_id' | 'organization_id',
  keys: readonly string[],
  now: number,
): Promise<(key: string) => RefusedCounts> {
  const today = startOf('day', now)
  const rows = await db
    .selectFrom('usage')
    .select([`${column} as key`, 'start', sumOfCounts.as('count')])
    .where('realm', '=', realm)
    .where(column, 'in', oneOf(db, keys))
    .where('step', '=', 'day')
    .where('start', '>=', today - dayMs) // A range: after two lists SQLite would read all days.
    .where('outcome', 'not in', ['issued', 'allowed'])
    .groupBy([column, 'start'])
    .execute()
  const counts = new Map(rows.map(({ key, start, count }) => [`${Number(start)} ${key}`, Math.min(Number(count), Number.MAX_SAFE_INTEGER)]))
  return (key) => ({ today: counts.get(`${today} ${key}`) ?? 0, yesterday: counts.get(`${today - dayMs} ${key}`) ?? 0 })
}
