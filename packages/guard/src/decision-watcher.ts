import type { Access, Denial, GuardRequest } from './access.ts'
import type { GuardDecision } from './guard-decision.ts'
import type { CheckedRequirement } from './read-requirement.ts'

export interface GuardedRoute {
  readonly method: string
  /** The template, such as `/v1/partners/{sellerId}/orders`. */
  readonly route: string
}

/** What a guard tells of its decisions to the program around it. None of these functions may throw. */
export interface DecisionWatcher {
  /** For each request that is allowed, so it has to be fast. */
  allowed(request: GuardRequest, access: Access): void
  denied(decision: GuardDecision, denial: Denial): void
  /** A route was registered. */
  registered(route: GuardedRoute, requirement: CheckedRequirement): void
  /** A requirement was read that is report-only until an instant, of a guard or of a route; it may have passed. */
  reportOnly(until: number): void
}
