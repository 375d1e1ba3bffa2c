// What is known of the guards that report: their processes, and the routes that they guard.
import { sql, type Kysely } from 'kysely'
import type { DecisionReport } from '@countersign/protocol'
import { addUpTo, isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { holdsSecret } from './clean-text.ts'

export interface ReportLimits {
  /** Of one reporter; those that were not seen for the longest time go. */
  readonly processes: number
  readonly routesOfApi: number
  readonly routes: number
}

/** A guard that lies must not make a number that JavaScript cannot read. */
const mostLost = 1e15

export const usualReportLimits: ReportLimits = { processes: 1000, routesOfApi: 1000, routes: 5000 }

/** A report, and by whom: the client of the token that it came with. */
export interface Reported {
  readonly realm: string
  readonly reporter: string
  /** When it arrived. */
  readonly at: number
  readonly report: DecisionReport
  /** Of the guard, as it says; undefined if it does not. */
  readonly version?: string | undefined
}

/**
 * Notes the process of a guard. False if the report, or a later one of the process, was taken before: the row decides, so that nodes agree
 * on a report that was sent to two of them.
 */
export async function noteGuard(
  db: Kysely<Schema>,
  { realm, reporter, at, report, version }: Reported,
  limits: ReportLimits,
): Promise<boolean> {
  const { guard, api, number, health, lost } = report
  const known = health.knownAsOfSeconds === null ? null : at - Math.round(health.knownAsOfSeconds * 1000)
  const said = {
    api,
    seen_at: at,
    last_number: number,
    mode: health.mode,
    connected: health.connected ? 1 : 0,
    revision: health.revision,
    known_as_of: known,
    report_only_until: health.reportOnlyUntil,
    version: version ?? null,
  }
  const noted = await db
    .insertInto('reporting_guards')
    .values({ realm, reporter, guard, first_seen_at: at, lost_refusals: lost.refusals, lost_counts: lost.counts, ...said })
    .onConflict((conflict) =>
      conflict
        .columns(['realm', 'reporter', 'guard'])
        .doUpdateSet({
          ...said,
          lost_refusals: addUpTo(mostLost, 'reporting_guards.lost_refusals', 'excluded.lost_refusals'),
          lost_counts: addUpTo(mostLost, 'reporting_guards.lost_counts', 'excluded.lost_counts'),
        })
        .whereRef('reporting_guards.last_number', '<', 'excluded.last_number'),
    )
    .returning('first_seen_at')
    .executeTakeFirst()
  if (noted === undefined) return false
  if (Number(noted.first_seen_at) === at) await dropOldProcesses(db, realm, reporter, limits.processes)
  return true
}

async function dropOldProcesses(db: Kysely<Schema>, realm: string, reporter: string, kept: number): Promise<void> {
  await sql`delete from reporting_guards where realm = ${realm} and reporter = ${reporter} and guard in (
    select guard from reporting_guards where realm = ${realm} and reporter = ${reporter} order by seen_at desc, guard limit ${sql.lit(100)} offset ${sql.lit(kept)}
  )`.execute(db)
}

/** Notes the routes of a report, which has all of those that the process guards. */
export async function noteRoutes(db: Kysely<Schema>, { realm, reporter, at, report }: Reported, limits: ReportLimits): Promise<void> {
  const api = report.api ?? ''
  const byName = new Map((report.routes ?? []).filter(({ route }) => !holdsSecret(route)).map((one) => [`${one.method} ${one.route}`, one]))
  if (byName.size === 0) return
  const routes = [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (let start = 0; start < routes.length; start += routesPerStatement) {
    const rows = routes
      .slice(start, start + routesPerStatement)
      .map(([, one]) => ({ method: one.method, route: one.route, requires: JSON.stringify(one.requires), until: one.reportOnlyUntil }))
    const source = isPostgres(db)
      ? sql`select method, route, requires, until from json_to_recordset(${JSON.stringify(rows)}::json) as guarded (method text, route text, requires text, until bigint)`
      : sql`select value ->> '$.method' as method, value ->> '$.route' as route, value ->> '$.requires' as requires, value ->> '$.until' as until from json_each(${JSON.stringify(rows)})`
    await sql`insert into guarded_routes (realm, reporter, api, method, route, requires, report_only_until, seen_at)
      select cast(${realm} as text), cast(${reporter} as text), cast(${api} as text), method, route, requires, until, cast(${at} as bigint)
      from (${source}) as guarded where true
      on conflict (realm, reporter, api, method, route) do update
      set requires = excluded.requires, report_only_until = excluded.report_only_until, seen_at = excluded.seen_at`.execute(db)
  }
  await dropOldRoutes(db, realm, reporter, limits)
}

/** Statements of SQLite hold up other requests of this process. */
const routesPerStatement = 250

async function dropOldRoutes(db: Kysely<Schema>, realm: string, reporter: string, { routesOfApi, routes }: ReportLimits): Promise<void> {
  await sql`delete from guarded_routes where realm = ${realm} and reporter = ${reporter} and (api, method, route) in (
    select api, method, route from (
      select api, method, route,
        row_number() over (partition by api order by seen_at desc, method, route) as of_api,
        row_number() over (order by seen_at desc, api, method, route) as of_reporter
      from guarded_routes where realm = ${realm} and reporter = ${reporter}
    ) as placed where of_api > ${sql.lit(routesOfApi)} or of_reporter > ${sql.lit(routes)}
  )`.execute(db)
}
