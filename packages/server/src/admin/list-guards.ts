// The guards that report to a realm, for operators.
import { sql, type Kysely, type Selectable } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import { readPage, type PageRequest } from '../api/page.ts'
import type { Schema } from '../store/schema.ts'
import { readReporters, type ReporterState } from './reporter-faults.ts'

/** A guard reports each second while there is something, and at least every 30 seconds. */
const lateMs = 35_000
export const notSeenMs = 90_000
/** A guard whose client was repaired asks again in this time. */
const repairMs = 120_000

const guardOrder = { by: '-seenAt', column: 'seen_at', holds: 'number', id: 'place' } as const

export async function listGuards(
  db: Kysely<Schema>,
  realm: string,
  now: number,
  page: PageRequest,
): Promise<OperationOutput<'guards.list'>> {
  const { rows, next } = await readPage(selectGuards(db, realm), guardOrder, page)
  const routesOf = await countRoutes(db, realm, rows, now)
  const { value } = await db.selectFrom('epoch').select('value').executeTakeFirstOrThrow()
  const refusedBy = await countRefusals(db, realm, now)
  const reporters = await readReporters(db, realm, [...new Set(rows.map(({ reporter }) => reporter))])
  const describe = (row: StoredGuard) =>
    describeGuard(row, { ...routesOf(row), refused: refusedBy(row) }, reporters.get(row.reporter)!, { now, revision: Number(value) })
  return { items: rows.map(describe), next }
}

function selectGuards(db: Kysely<Schema>, realm: string) {
  return db
    .selectFrom((from) =>
      from
        .selectFrom('reporting_guards')
        .selectAll()
        .select(sql<string>`reporter || ' ' || guard`.as('place'))
        .where('realm', '=', realm)
        .as('processes'),
    )
    .selectAll()
}

type StoredGuard = Selectable<Schema['reporting_guards']>
type DescribedGuard = OperationOutput<'guards.list'>['items'][number]

interface CountedRoutes {
  readonly routes: number
  readonly reportOnly: number
}

/** Once for each API of a reporter, which may have a thousand processes. */
async function countRoutes(
  db: Kysely<Schema>,
  realm: string,
  guards: readonly StoredGuard[],
  now: number,
): Promise<(guard: StoredGuard) => CountedRoutes> {
  const keyOf = ({ reporter, api }: Pick<StoredGuard, 'reporter' | 'api'>) => `${reporter} ${api ?? ''}`
  const counted = new Map<string, CountedRoutes>()
  for (const guard of guards) {
    if (counted.has(keyOf(guard))) continue
    const row = await db
      .selectFrom('guarded_routes')
      .select([sql<number>`count(*)`.as('routes'), sql<number>`count(case when report_only_until > ${now} then 1 end)`.as('report_only')])
      .where('realm', '=', realm)
      .where('reporter', '=', guard.reporter)
      .where('api', '=', guard.api ?? '')
      .executeTakeFirstOrThrow()
    counted.set(keyOf(guard), { routes: Number(row.routes), reportOnly: Number(row.report_only) })
  }
  return (guard) => counted.get(keyOf(guard)) ?? { routes: 0, reportOnly: 0 }
}

const hourMs = 3_600_000
/** In a flood, enough to say so. */
const mostRefusals = 100_000

/** Those of the last hour, by process. */
async function countRefusals(db: Kysely<Schema>, realm: string, now: number): Promise<(guard: StoredGuard) => number> {
  const kept = db
    .selectFrom('refusals')
    .select(['reporter', 'guard'])
    .where('realm', '=', realm)
    .where('at', '>=', now - hourMs)
    .where('guard', 'is not', null)
    .limit(mostRefusals)
  const rows = await db
    .selectFrom(kept.as('kept'))
    .select(['reporter', 'guard'])
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .groupBy(['reporter', 'guard'])
    .execute()
  const counts = new Map(rows.map(({ reporter, guard, count }) => [`${reporter} ${guard}`, Number(count)]))
  return ({ reporter, guard }) => counts.get(`${reporter} ${guard}`) ?? 0
}

function describeGuard(
  row: StoredGuard,
  { routes, reportOnly, refused }: CountedRoutes & { readonly refused: number },
  { cannotReport, isBlocked, changedAt }: ReporterState,
  { now, revision }: { readonly now: number; readonly revision: number },
): DescribedGuard {
  const { known_as_of: knownAsOf, seen_at: seenAt } = row
  const state = isBlocked ? 'blocked' : stateOf(row, now)
  const changedAgo = changedAt === null ? Infinity : Math.max(0, now - changedAt)
  return {
    reporter: row.reporter,
    guard: row.guard,
    api: row.api,
    version: row.version,
    state,
    mode: row.mode === 'feed' ? 'feed' : 'pull',
    firstSeenAt: toInstant(row.first_seen_at),
    seenAt: toInstant(seenAt),
    seenSecondsAgo: Math.max(0, Math.floor((now - seenAt) / 1000)),
    knownAsOf: toInstantOrNull(knownAsOf),
    lagSeconds: knownAsOf === null ? null : (seenAt - knownAsOf) / 1000,
    revision: row.revision,
    // A connected guard learns of changes between its reports: what it has not reported yet says nothing.
    revisionsBehind: row.revision === null || state === 'connected' ? null : Math.max(0, revision - row.revision),
    refusedLastHour: refused,
    reportOnlyUntil: toInstantOrNull(row.report_only_until),
    routes,
    reportOnlyRoutes: reportOnly,
    cannotReport,
    clientChangedSecondsAgo: changedAgo > repairMs ? null : Math.floor(changedAgo / 1000),
    lost: { refusals: row.lost_refusals, counts: row.lost_counts },
  }
}

function stateOf({ seen_at: seenAt, connected }: StoredGuard, now: number): 'connected' | 'late' | 'cut-off' | 'not-seen' {
  if (now - seenAt > notSeenMs) return 'not-seen'
  if (connected !== 1) return 'cut-off'
  return now - seenAt > lateMs ? 'late' : 'connected'
}
