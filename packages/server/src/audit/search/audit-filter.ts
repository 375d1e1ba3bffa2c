// What a search of the audit log looks for, as conditions of SQL, and the indexes that have it.
import { sql, type Expression, type Kysely, type SqlBool } from 'kysely'
import { instantOf, nodeOf } from '../../node-ids.ts'
import { olderChanges } from '../../store/migration-007.ts'
import { ofCallers, ofClients, ofOrganizations, successes } from '../../store/migration-021.ts'
import type { StoredEvent } from '../events/event-row.ts'
import { isOnlyAChange, type AuditKind, type RequestKind } from '../events/kinds.ts'

export type Outcome = 'success' | 'refused'
export type Condition = Expression<SqlBool>

export interface AuditFilter {
  readonly realm?: string | undefined
  /** The realms whose events may be found; undefined for all, and for events of no realm. */
  readonly realms?: readonly string[] | undefined
  readonly organization?: string | undefined
  /** The subject or the actor of the event. */
  readonly client?: string | undefined
  /** One of these. */
  readonly kinds?: readonly AuditKind[] | undefined
  readonly outcome?: Outcome | undefined
  /** The reason of a refusal. */
  readonly reason?: string | undefined
  /** Whether only changes are found. */
  readonly changes?: boolean | undefined
  /** The server's id of a request, or the id that the caller sent. */
  readonly request?: string | undefined
  /** The client id of the actor of a change, or the id of a person. */
  readonly actor?: string | undefined
  /** Ids of persons whose changes are found, too: those with that name. */
  readonly persons?: readonly string[] | undefined
}

/** Other than issued tokens. */
const noChanges: readonly RequestKind[] = ['spool.damaged', 'session.start', 'session.confirm', 'session.end']

export function conditionsOf(filter: AuditFilter): Condition[] {
  const { realm, realms, organization, client, actor, persons = [], kinds, outcome, reason, changes, request } = filter
  const conditions: Condition[] = []
  const equals = (column: keyof StoredEvent, value: string | undefined) => {
    if (value !== undefined) conditions.push(sql<SqlBool>`${sql.ref(column)} = ${value}`)
  }
  if (kinds) conditions.push(sql<SqlBool>`kind in (${sql.join(kinds)})`)
  equals('outcome', outcome)
  equals('reason', reason)
  if (changes === true) conditions.push(successes, sql<SqlBool>`kind not in (${sql.join(noChanges.map((kind) => sql.lit(kind)))})`)
  equals('realm', realm)
  if (realms) conditions.push(realms.length === 0 ? sql<SqlBool>`1 = 0` : sql<SqlBool>`realm in (${sql.join(realms)})`)
  equals('organization_id', organization)
  if (client !== undefined)
    conditions.push(
      sql<SqlBool>`(client_id = ${client} or actor_id = ${client} or (layout = 1 and detail like ${madeBy(client)} escape '!'))`,
    )
  if (actor !== undefined)
    conditions.push(
      sql<SqlBool>`(actor_id in (${sql.join([actor, ...persons])}) or (layout = 1 and detail like ${madeBy(actor)} escape '!'))`,
    )
  if (request !== undefined)
    conditions.push(
      Number.isFinite(instantOf(request))
        ? sql<SqlBool>`(substr(id, 14, 8) = ${nodeOf(request)} and request_id = ${request})` // Of an index on the id alone, the first part.
        : sql<SqlBool>`(request_id = ${request} or caller_request_id = ${request})`,
    )
  return conditions
}

/** In events of layout 1 the actor is the last member in the detail of every change. */
function madeBy(client: string): string {
  return `%"client":"${client.replaceAll('_', '!_')}"}}`
}

/**
 * The parts of indexes in which all events of a filter are, each as its conditions, sorted by id; undefined if only the whole log has
 * them. A part can have other events, too.
 */
export function findIndexes(db: Pick<Kysely<unknown>, 'getExecutor'>, filter: AuditFilter): (readonly Condition[])[] | undefined {
  const { actor, persons = [], client, organization } = filter
  if (actor !== undefined)
    return [...madeByActor(db, actor), ...persons.map((id) => [sql<SqlBool>`actor_id = ${id}`, sql<SqlBool>`actor_kind = 'person'`])]
  const outcomes = outcomesWithoutTokens(filter)
  if (!outcomes) return undefined
  if (client !== undefined) {
    const made = outcomes.includes('success') ? madeByActor(db, client) : []
    return [...outcomes.map((outcome) => [ofClients, sql<SqlBool>`client_id = ${client}`, hasOutcome(outcome)]), ...made]
  }
  if (organization !== undefined)
    return outcomes.map((outcome) => [ofOrganizations, sql<SqlBool>`organization_id = ${organization}`, hasOutcome(outcome)])
  return outcomes.includes('refused') ? undefined : [[successes]]
}

/** Of the id that a caller sent: refusals and changes. */
export function indexOfCallers(request: string): readonly Condition[] {
  return [ofCallers, sql<SqlBool>`caller_request_id = ${request}`]
}

function madeByActor(db: Pick<Kysely<unknown>, 'getExecutor'>, actor: string): (readonly Condition[])[] {
  const older = olderChanges(db)
  return [[sql<SqlBool>`actor_id = ${actor}`], [older.changes, sql<SqlBool>`${older.actor} = ${`"client":"${actor}"}}`}`]]
}

/** The outcomes of what is looked for; undefined if issued tokens can be among it. */
function outcomesWithoutTokens({ changes, kinds, outcome }: AuditFilter): readonly Outcome[] | undefined {
  if (outcome === 'refused') return [outcome]
  if (changes === true || kinds?.every(isOnlyAChange)) return ['success']
  if (kinds === undefined || kinds.includes('token.request')) return undefined
  return outcome === undefined ? ['success', 'refused'] : [outcome]
}

function hasOutcome(outcome: Outcome): Condition {
  return sql<SqlBool>`outcome = ${outcome}`
}
