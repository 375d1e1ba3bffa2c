// Classes of audit events, each kept for a time of its own. What the log says about itself is in none of them: records of archives,
// restores, failovers and damaged spools explain what is missing, and are never removed.
import { sql, type Expression, type SqlBool } from 'kysely'
import type { AuditKind } from '../events/kinds.ts'
import type { StoredEvent } from '../events/event-row.ts'

export const eventClasses = ['tokens', 'refusals', 'changes'] as const
export type EventClass = (typeof eventClasses)[number]

const tokenKind = 'token.request' satisfies AuditKind
const ofTheLog = /^(?:audit|store|spool)\./

/** Undefined for an event that is never removed. */
export function classOf({ kind, outcome }: Pick<StoredEvent, 'kind' | 'outcome'>): EventClass | undefined {
  if (outcome === 'refused') return 'refusals'
  if (kind === tokenKind) return 'tokens'
  return ofTheLog.test(kind) ? undefined : 'changes'
}

/** A condition that every event of the class fulfils. {@link classOf} decides. */
export function mayBeOfClass(name: EventClass): Expression<SqlBool> {
  switch (name) {
    case 'tokens':
      return sql<SqlBool>`kind = ${tokenKind} and outcome = 'success'`
    case 'refusals':
      return sql<SqlBool>`outcome = 'refused'`
    case 'changes':
      return sql<SqlBool>`kind <> ${tokenKind} and outcome = 'success'`
  }
}
