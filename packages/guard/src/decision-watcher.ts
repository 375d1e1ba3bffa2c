import type { Access, Denial, GuardRequest } from './access.ts'
import type { GuardDecision } from './guard-decision.ts'
import type { CheckedRequirement } from './read-requirement.ts'

export interface GuardedRoute {
  readonly method: string
  /** The template, such as `/v1/partners/{sellerId}/orders`. */
  readonly route: string
}

/** What a guard tells of its decisions to the part of it that reports them. What these functions throw is dropped. */
export interface DecisionWatcher {
  /** For each request that is allowed, so it has to be fast. */
  readonly allowed: (request: GuardRequest, access: Access) => void
  readonly denied: (decision: GuardDecision, denial: Denial) => void
  /** A requirement was checked; `route` if the adapter said whose. */
  readonly checked: (requirement: CheckedRequirement, route: GuardedRoute | undefined) => void
}
