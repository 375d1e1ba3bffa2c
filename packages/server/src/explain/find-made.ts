// The change that made a cause, or why there is none.
import type { OperationOutput } from '@countersign/admin'
import type { Cause } from './cause.ts'
import type { ExplainContext, Facts } from './facts.ts'
import { describeChange, findChange } from './find-change.ts'

type Made = Pick<OperationOutput<'requests.explain'>, 'changedBy' | 'unchanged' | 'certain'>

export async function findMade({ db }: ExplainContext, cause: Cause, facts: Facts): Promise<Made> {
  const { realm, organizationId, clientId, at } = facts.request
  const rules = cause.changes?.(facts) ?? []
  const subject = { realm: realm ?? '', organizationId: organizationId ?? facts.organization?.id ?? null, clientId, at }
  const { event, isLimited } = await findChange(db, rules, subject)
  const certain = cause.isGuess !== true
  if (event) return { changedBy: describeChange(event), unchanged: null, certain }
  if (isLimited) return { changedBy: null, unchanged: 'Not found among the most recent changes; older ones were not read.', certain: false }
  return { changedBy: null, unchanged: typeof cause.unchanged === 'string' ? cause.unchanged : cause.unchanged(facts), certain }
}
