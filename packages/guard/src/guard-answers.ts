// What becomes of a decision: it is told to the listener and to reports, and a denial gets its id, its checks and, of a guard with several
// issuers, the names of the one whose token it is about.
import { deny, type Access, type Denial, type GuardRequest, type UnexplainedDenial } from './access.ts'
import { readClaimedIssuer } from './claimed-issuer.ts'
import type { DecisionWatcher } from './decision-watcher.ts'
import { explainChecks, type SeenRequest } from './explain-checks.ts'
import { describeDecision, forListener, idOf, tellSafely, type GuardDecision } from './guard-decision.ts'
import type { AcceptedIssuer, GuardRules, GuardSettings } from './guard-options.ts'
import { InvalidTokenError } from './invalid-token.ts'
import type { IssuerNames } from './issuer-list.ts'
import type { CheckedRequirement } from './read-requirement.ts'
import { createReportOnlyClock } from './report-only-clock.ts'
import { createGuardName, createRequestIds } from './request-ids.ts'

/** What the decision knew when it ended: the token once it is verified, then the entitlement, and what was thrown. */
export type KnownOfDenial = Pick<SeenRequest, 'token' | 'entitlement' | 'error'>

/** The Retry-After for clients when keys or entitlement are not available. */
const unavailableSeconds = 5

/** Any other error does not concern the token: 503 and never 401, which would make clients renew and multiply the load. */
export function toDenial(error: unknown): UnexplainedDenial {
  if (error instanceof InvalidTokenError) return deny(error.code, { detail: error.message, remedy: error.remedy })
  return deny('temporarily-unavailable', { retryAfterSeconds: unavailableSeconds, cause: error })
}

export function createAnswers(rules: GuardRules, onDecision: GuardSettings['onDecision'], watcher: DecisionWatcher | undefined) {
  const issuerOf = new Map(rules.issuers.map((issuer) => [issuer.issuer, issuer]))
  const [first] = rules.issuers as [AcceptedIssuer]
  const nextRequestId = createRequestIds(createGuardName(), now)
  const reportOnlyClock = createReportOnlyClock(rules.clock)

  function allow(access: Access, request: GuardRequest, requirement: CheckedRequirement): Access {
    if (watcher) tellSafely(watcher.allowed, request, access)
    if (onDecision) tellSafely(onDecision, describe(request, requirement, access))
    return access
  }

  function refuse(
    denied: UnexplainedDenial,
    request: GuardRequest,
    requirement: CheckedRequirement | undefined,
    known: KnownOfDenial,
  ): Denial {
    const explained = explain(denied, request, requirement, known)
    const denial: Denial = isReportOnly(denied, requirement) ? { ...explained, reportOnly: true } : explained
    if (!watcher && !onDecision) return denial
    const decision = describe(request, requirement, denial)
    if (watcher) tellSafely(watcher.denied, decision, denial)
    if (onDecision) tellSafely(onDecision, forListener(decision))
    return denial
  }

  /** A defect of the API is never let pass, and neither is anything while the time is not known. */
  function isReportOnly({ code }: UnexplainedDenial, requirement: CheckedRequirement | undefined): boolean {
    const until = Math.max(rules.reportOnlyUntil ?? -Infinity, requirement?.reportOnlyUntil ?? -Infinity)
    if (until === -Infinity || code === 'internal-error') return false
    try {
      return reportOnlyClock() < until
    } catch {
      return false
    }
  }

  function explain(
    denied: UnexplainedDenial,
    request: GuardRequest,
    requirement: CheckedRequirement | undefined,
    known: KnownOfDenial,
  ): Denial {
    const { token = known.error instanceof InvalidTokenError ? known.error.token : undefined } = known
    return {
      ...denied,
      requestId: idOf(request, nextRequestId),
      checks: explainChecks(denied, { ...known, request, requirement }),
      clientId: token?.clientId ?? null,
      organizationId: token?.organizationId ?? known.entitlement?.organization.rights.id ?? null,
      tokenId: token?.tokenId ?? null,
    }
  }

  /** For what decides nothing: a clock that fails must not keep a request from its denial. */
  function now(): number {
    try {
      const at = rules.clock()
      if (Number.isFinite(at)) return Math.floor(at) // A report has whole milliseconds.
    } catch {
      // As for a clock that tells no time.
    }
    return Date.now()
  }

  function describe(request: GuardRequest, requirement: CheckedRequirement | undefined, decision: Access | Denial): GuardDecision {
    const issuer = issuerOf.get(decision.allowed ? decision.token.issuer : (decision.issuer ?? first.issuer)) ?? first
    const revision = issuer.entitlements.revision ?? null
    return describeDecision(request, requirement, decision, { at: now(), revision, nextRequestId })
  }

  /** Unverified, and read once more: only a denial of a guard with several issuers pays for it, and only its names depend on it. */
  function claimedIssuer(token: string | undefined): AcceptedIssuer | undefined {
    if (token === undefined || issuerOf.size === 1) return undefined
    const claimed = readClaimedIssuer(token)
    return typeof claimed === 'string' ? issuerOf.get(claimed) : undefined
  }

  /** With one issuer a denial needs no names: they are those of the guard. */
  function named(denial: UnexplainedDenial, names: IssuerNames | undefined): UnexplainedDenial {
    if (names === undefined || issuerOf.size === 1) return denial
    return { ...denial, issuer: names.issuer, realm: names.realm, publicUrl: names.publicUrl }
  }

  return { allow, refuse, explain, describe, named, claimedIssuer }
}
