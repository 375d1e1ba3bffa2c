// What is known of one decision, for the log of the API and for reports: no token, no path, and of what the caller chose only ids.
import {
  isLowerCaseUuid,
  isRequestId,
  networkOf,
  readSingleHeader,
  reportLimits,
  type CheckResult,
  type ProblemCode,
  type ReportedRequirement,
} from '@countersign/protocol'
import { readParam, type Access, type Denial, type GuardRequest } from './access.ts'
import type { CheckedRequirement } from './read-requirement.ts'
import { readApiRequestId, readCallerRequestId } from './request-ids.ts'

export interface GuardDecision {
  /** That of the denial; of an allowed request one that nothing else has. */
  readonly requestId: string
  /** By the clock of the guard, in milliseconds since the epoch. */
  readonly at: number
  readonly method: string | null
  /** The template of the route. */
  readonly route: string | null
  readonly outcome: 'allowed' | ProblemCode
  /** Of a token that the issuer signed, as are the next two, also of one that has expired or is revoked; null otherwise. */
  readonly clientId: string | null
  readonly organizationId: string | null
  /** The `jti`. */
  readonly tokenId: string | null
  /** Of the caller; of IPv6 the first 64 bits. */
  readonly address: string | null
  /** The id that the API gave the request, if it is another one and safe in a log line. */
  readonly apiRequestId: string | null
  /** The `X-Request-Id` that the caller sent, if it is safe in a log line. */
  readonly callerRequestId: string | null
  /** Of a denial; empty if the request was allowed. */
  readonly checks: readonly CheckResult[]
  /** The partner and the requestor that the decision was about, as far as they are UUIDs. */
  readonly partnerId: string | null
  readonly requestorId: string | null
  readonly requires: ReportedRequirement
  /** The number of the last change that the guard knew. */
  readonly revision: number | null
  /** The request was let through although it is denied. */
  readonly reportOnly: boolean
  /** Why the request could not be decided. */
  readonly cause?: unknown
}

interface Circumstances {
  readonly at: number
  readonly revision: number | null
  readonly nextRequestId: () => string
}

export function describeDecision(
  request: GuardRequest,
  requirement: CheckedRequirement | undefined,
  decision: Access | Denial,
  { at, revision, nextRequestId }: Circumstances,
): GuardDecision {
  const { clientId, organizationId, tokenId } = decision.allowed ? ofAccess(decision) : decision
  return {
    requestId: decision.allowed ? idOf(request, nextRequestId) : decision.requestId,
    at,
    method: readMethod(request.method),
    route: readRoute(request.route),
    outcome: decision.allowed ? 'allowed' : decision.code,
    clientId,
    organizationId,
    tokenId,
    address: networkOf(request.address),
    apiRequestId: readApiRequestId(request.requestId),
    callerRequestId: readCallerRequestId(request),
    checks: decision.allowed ? [] : decision.checks,
    partnerId: uuidOrNull(requirement?.partner && readParam(request, requirement.partner.param)),
    requestorId: uuidOrNull(requirement?.requestor && readSingleHeader(request.rawHeaders, 'requestor-id')),
    requires: requirement ? reportedRequirement(requirement) : {},
    revision,
    reportOnly: !decision.allowed && decision.reportOnly === true,
    ...(!decision.allowed && 'cause' in decision && { cause: decision.cause }),
  }
}

function ofAccess({ token, entitlement }: Access): Pick<Denial, 'clientId' | 'organizationId' | 'tokenId'> {
  return { clientId: token.clientId, organizationId: entitlement.organization.rights.id, tokenId: token.tokenId }
}

/** The id that the adapter passes, if it is one of the server's form. */
export function idOf({ requestId }: GuardRequest, nextRequestId: () => string): string {
  return isRequestId(requestId) ? requestId : nextRequestId()
}

function uuidOrNull(text: string | undefined): string | null {
  return text !== undefined && isLowerCaseUuid(text) ? text : null
}

export function readMethod(method: unknown): string | null {
  return typeof method === 'string' && /^[A-Z]{1,20}$/.test(method) ? method : null
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

/** Null for what cannot be a template, such as the path of a request that an adapter passes by mistake. */
export function readRoute(route: unknown): string | null {
  if (typeof route !== 'string' || route.length > reportLimits.routeLength || !/^\/[\x21-\x7e]*$/.test(route)) return null
  return /[?#]/.test(route) || uuid.test(route) ? null : route
}

const reported = new WeakMap<CheckedRequirement, ReportedRequirement>()

/** Without what is the default. */
export function reportedRequirement(requirement: CheckedRequirement): ReportedRequirement {
  let known = reported.get(requirement)
  if (!known) reported.set(requirement, (known = toReported(requirement)))
  return known
}

function toReported({ scope, partner, capability, requestor, dpa, organization }: CheckedRequirement): ReportedRequirement {
  return Object.freeze({
    ...(scope && { scope }),
    ...(partner && { partner: partner.param }),
    ...(capability !== undefined && { capability }),
    ...(requestor && { requestor }),
    ...(dpa === 'any' && { dpa }),
    ...(organization === 'any' && { organization }),
  })
}

/** With checks of its own: a listener may redact what it logs, and must not change the denial or the report with it. */
export function forListener(decision: GuardDecision): GuardDecision {
  return { ...decision, checks: decision.checks.map(({ check, result, saw }) => ({ check, result, saw })) }
}

/** Calls a listener of the API, which must neither change a decision nor end the process. */
export function tellSafely<Told extends readonly unknown[]>(listener: (...told: Told) => unknown, ...told: Told): void {
  try {
    const returned = listener(...told)
    // Also one of another realm of JavaScript, and any other thenable.
    if (typeof returned === 'object' && returned !== null) Promise.resolve(returned).catch(() => {})
  } catch {
    // The listener is the log of the API: its failure can be reported nowhere else.
  }
}
