// What a guard reports to the server (`POST {issuer}/v1/decisions`): what it refused, with what each check saw, and how much it allowed. A
// report has the template of a route and the parameters that were checked; never a path, a query, a body, a token or a user agent.
import type { ProblemCode } from './problems.ts'

/** The checks of a guarded request, in the order in which they are made (ARCHITECTURE.md has the table). */
export const decisionChecks = [
  'credentials',
  'form',
  'token',
  'expiry',
  'standing',
  'organization',
  'agreement',
  'scope',
  'partner',
  'capability',
  'requestor-id',
  'requestor',
  'rate',
] as const
export type DecisionCheck = (typeof decisionChecks)[number]

/** `not-required`: the route does not require it. `not-reached`: a check before it failed, or something could not be had. */
export type CheckOutcome = 'passed' | 'failed' | 'not-required' | 'not-reached'

export interface CheckResult {
  readonly check: DecisionCheck
  readonly result: CheckOutcome
  /** What the check compared, in words, such as `orders:read is not among profile`; up to {@link reportLimits.sawLength} characters. */
  readonly saw: string | null
}

/**
 * What the check `standing` saw of a token of an earlier client: its client id belongs to another client by now, or to one of another
 * organization, which must not see what the earlier one did.
 */
export const sawOtherClient = ['another client has its name by now', 'the client belongs to another organization'] as const

/** Whether the client id of a refused request belongs to another client than its token. */
export function isOfOtherClient(checks: readonly CheckResult[]): boolean {
  return checks.some(({ check, result, saw }) => check === 'standing' && result === 'failed' && sawOtherClient.some((text) => text === saw))
}

/** What a route requires, as the adapter registered it. */
export interface ReportedRequirement {
  readonly scope?: readonly string[]
  /** The name of the parameter that has the partner. */
  readonly partner?: string
  readonly capability?: string
  readonly requestor?: 'required' | { readonly permission: string }
  readonly dpa?: 'accepted' | 'any'
  readonly organization?: 'active' | 'any'
}

export interface RefusalReport {
  /** Made by the guard: unique, sorts by time (12, 8 and 8 hexadecimal digits). It is also in the response. */
  readonly requestId: string
  /** By the clock of the guard, in milliseconds since the epoch. */
  readonly at: number
  readonly code: ProblemCode
  readonly method: string | null
  /** The template of the route, such as `/v1/partners/{sellerId}/orders`. */
  readonly route: string | null
  /** Of a verified token; null otherwise. */
  readonly clientId: string | null
  /** The `jti` of a verified token. */
  readonly tokenId: string | null
  /** The address of the caller, of IPv6 the first 64 bits: `198.51.100.7`, `2001:db8:9:1::/64`. */
  readonly address: string | null
  /** The id of the request in the log of the API. */
  readonly apiRequestId: string | null
  /** The `X-Request-Id` that the caller sent; guards of earlier versions report none. */
  readonly callerRequestId?: string | null | undefined
  /** The number of the last change that the guard knew. */
  readonly revision: number | null
  /** The request was let through all the same. */
  readonly reportOnly: boolean
  /** All of {@link decisionChecks}, in order. */
  readonly checks: readonly CheckResult[]
  readonly requires: ReportedRequirement
  /** The partner and the requestor of the request, as far as they are UUIDs. */
  readonly partnerId: string | null
  readonly requestorId: string | null
}

export interface DecisionCount {
  /** The beginning of an hour, in milliseconds since the epoch. */
  readonly hour: number
  /** Null for tokens that were not verified, and beyond what the guard counts singly. */
  readonly clientId: string | null
  /** Method and template, such as `GET /v1/partners/{sellerId}/orders`; null beyond what the guard counts singly. */
  readonly route: string | null
  readonly outcome: 'allowed' | ProblemCode
  readonly count: number
}

/** A guarded route, sent at the start and when it changes. */
export interface RouteReport {
  readonly method: string
  readonly route: string
  readonly requires: ReportedRequirement
  /** Until then it is only reported what would be refused; milliseconds since the epoch. */
  readonly reportOnlyUntil: number | null
}

export interface DecisionReport {
  /** The process of the guard: 8 hexadecimal digits, random, new at each start. */
  readonly guard: string
  /** How the API calls itself: `[A-Za-z0-9._-]{1,64}`. */
  readonly api: string | null
  /** Of this process, from 1: a report that is repeated after a lost answer counts once. */
  readonly number: number
  /** By the clock of the guard, in milliseconds since the epoch. */
  readonly sentAt: number
  readonly health: {
    readonly mode: 'feed' | 'pull'
    readonly connected: boolean
    readonly revision: number | null
    readonly knownAsOfSeconds: number | null
    /** Of the whole guard. */
    readonly reportOnlyUntil: number | null
  }
  readonly routes?: readonly RouteReport[]
  readonly refusals: readonly RefusalReport[]
  readonly counts: readonly DecisionCount[]
  /** Since the report before: refusals that are counted but not described, and counts that no report has. */
  readonly lost: { readonly refusals: number; readonly counts: number }
}

/** A server denies a report beyond these with 400, and one of more bytes with 413. */
export const reportLimits = {
  bytes: 512 * 1024,
  refusals: 200,
  counts: 500,
  routes: 1000,
  sawLength: 200,
  routeLength: 256,
} as const
