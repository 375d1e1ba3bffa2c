import type { Grant } from '@countersign/protocol'
import type { GrantSummary } from '../audit/events/kinds.ts'

/** For an audit event. */
export function summarizeGrant({ audiences, roles, claims }: Grant): GrantSummary {
  return { audiences, roles, claims: Object.keys(claims) }
}
