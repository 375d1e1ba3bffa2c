// The guards of a realm that need attention: those that learn of no changes, and those of which no process is seen any more.
import { sql, type Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { notSeenMs } from './list-guards.ts'
import { readReporters } from './reporter-faults.ts'

export interface GuardTrouble {
  readonly kind: 'guard-cut-off' | 'guard-silent'
  readonly reason: 'cut-off' | 'blocked' | null
  readonly client: string
  readonly api: string | null
  /** When it was seen last. */
  readonly seenAt: number
  /** Processes that are concerned. */
  readonly count: number
}

/** A guard whose client was taken away is no trouble any more after a day. */
const blockedMs = 86_400_000

/** By the primary key of the processes: a realm has thousands at most, and those of a week. */
export async function findGuardTroubles(db: Kysely<Schema>, realm: string, now: number): Promise<GuardTrouble[]> {
  const isSeen = sql`seen_at >= ${now - notSeenMs}`
  const rows = await db
    .selectFrom('reporting_guards')
    .select(['reporter', 'api'])
    .select(({ fn }) => [fn.max('seen_at').as('seen_at'), fn.countAll<number>().as('processes')])
    .select([
      sql<number>`count(case when ${isSeen} then 1 end)`.as('seen'),
      sql<number>`count(case when ${isSeen} and connected = 0 then 1 end)`.as('cut_off'),
    ])
    .where('realm', '=', realm)
    .groupBy(['reporter', 'api'])
    .execute()
  const reporters = await readReporters(db, realm, [...new Set(rows.map(({ reporter }) => reporter))])
  return rows.flatMap(({ reporter, api, seen_at: seenAt, ...counts }): GuardTrouble[] => {
    const [processes, seen, cutOff] = [counts.processes, counts.seen, counts.cut_off].map(Number) as [number, number, number]
    const guard = { client: reporter, api, seenAt: Number(seenAt) }
    if (reporters.get(reporter)?.isBlocked)
      return guard.seenAt < now - blockedMs ? [] : [{ ...guard, kind: 'guard-cut-off', reason: 'blocked', count: processes }]
    if (cutOff > 0) return [{ ...guard, kind: 'guard-cut-off', reason: 'cut-off', count: cutOff }]
    return seen > 0 ? [] : [{ ...guard, kind: 'guard-silent', reason: null, count: processes }]
  })
}
