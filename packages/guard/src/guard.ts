// The guard: one guarded request from its header to the decision. The sources decide where keys and entitlements come from,
// denialResponse how a denial is sent, and the API which route requires what.
import { meDocument, type MeDocument } from '@countersign/protocol'
import { checkGuardRequest, deny, type Access, type Denial, type GuardRequest, type UnexplainedDenial } from './access.ts'
import { readAccessToken } from './access-token.ts'
import { readClaimedIssuer } from './claimed-issuer.ts'
import type { VerifiedToken } from './claims.ts'
import { createCurrentScopes } from './current-scopes.ts'
import { decideChecked, readWanted } from './decide-access.ts'
import type { DecisionWatcher, GuardedRoute } from './decision-watcher.ts'
import type { Entitlement } from './entitlement-index.ts'
import { explainChecks, type SeenRequest } from './explain-checks.ts'
import { describeDecision, forListener, idOf, tellSafely, type GuardDecision } from './guard-decision.ts'
import { readGuardOptions, type AcceptedIssuer, type GuardOptions, type MultiIssuerGuardOptions } from './guard-options.ts'
import { InvalidTokenError } from './invalid-token.ts'
import type { IssuerNames } from './issuer-list.ts'
import { createRequirementReader, type CheckedRequirement } from './read-requirement.ts'
import { createReportOnlyClock } from './report-only-clock.ts'
import { checkParam, type Requirement } from './requirement.ts'
import { createGuardName, createRequestIds } from './request-ids.ts'
import { refuseRevoked } from './token-revocation.ts'
import { createTokenVerifier } from './verify-token.ts'

/** Its names are those of its issuer, of the first one if it has several. */
export interface Guard extends IssuerNames {
  /**
   * Validates a requirement when its route is registered; adapters call it.
   * @param route as in the `GuardRequest`s of the route, so that it is listed in reports before its first request
   * @throws TypeError for unknown members, invalid values, a parameter that the route does not have, and scopes or
   *   capabilities that the realm does not have, as far as the guard was told which it has.
   */
  checkRequirement(requirement: Requirement, routeParamNames: readonly string[], route?: GuardedRoute): void
  /**
   * Decides on one request. Never rejects: what cannot be decided is a denial with its cause, `internal-error` if the
   * requirement is invalid or the request is not a `GuardRequest`, otherwise `temporarily-unavailable`. A requirement is checked once for each object; use the same
   * one for all requests of a route.
   */
  authorize(request: GuardRequest, requirement: Requirement): Promise<Access | Denial>
  /**
   * Verifies a token and that it is not revoked; the returned scopes are those that its client still has. Does not check a
   * requirement, and does not count against the rate.
   */
  verifyToken(token: string): Promise<TokenVerdict>
  /**
   * For adapters and guards that decide by more than this one: what is known of a decision, for logs and reports. Decides nothing.
   */
  describeDecision(request: GuardRequest, requirement: Requirement, decision: Access | Denial): GuardDecision
  /** For guards that decide by more than this one: a denial of their own with an id and its checks. Tells no listener. */
  explainDenial(denial: UnexplainedDenial, request: GuardRequest, requirement: Requirement, known?: KnownOfDenial): Denial
  /** The document of `GET /v1/me`. */
  me(access: Pick<Access, 'token' | 'entitlement'>): MeDocument
}

export type TokenVerdict =
  | { readonly valid: true; readonly token: VerifiedToken; readonly entitlement: Entitlement }
  | { readonly valid: false; readonly denial: UnexplainedDenial }

/** What the decision knew when it ended: the token once it is verified, then the entitlement, and what was thrown. */
export type KnownOfDenial = Pick<SeenRequest, 'token' | 'entitlement' | 'error'>

const noRequest: GuardRequest = Object.freeze({ rawHeaders: [], params: {} })

/** The Retry-After for clients when keys or entitlement are not available. */
const unavailableSeconds = 5

/**
 * Creates a guard from sources of your own; see `createRemoteGuard` for one that asks the authorization server.
 * @throws TypeError for options that would not protect anything.
 */
export function createGuard(options: GuardOptions | MultiIssuerGuardOptions): Guard {
  return createWatchedGuard(options)
}

/** The same for a guard whose decisions are reported. */
export function createWatchedGuard(options: GuardOptions | MultiIssuerGuardOptions, watcher?: DecisionWatcher): Guard {
  const rules = readGuardOptions(options)
  const { onDecision } = options
  const issuerOf = new Map(rules.issuers.map((issuer) => [issuer.issuer, issuer]))
  const [first] = rules.issuers as [AcceptedIssuer]
  const verify = createTokenVerifier(rules)
  const withCurrentScopes = createCurrentScopes()
  const readRequirement = createRequirementReader(rules.issuers, rules.clock)
  const nextRequestId = createRequestIds(createGuardName(), now)
  const reportOnlyClock = createReportOnlyClock(rules.clock)

  async function authorize(request: GuardRequest, required: Requirement): Promise<Access | Denial> {
    let requirement: CheckedRequirement
    try {
      requirement = readRequirement(required) // First of all, so that the first request shows an error, whatever it carries.
      checkGuardRequest(request, requirement.partner !== undefined)
    } catch (error) {
      // A defect of the API: nothing that the caller can repair or wait for.
      return refuse(deny('internal-error', { cause: error }), request ?? noRequest, undefined, {})
    }
    let carried: string | undefined
    let token: VerifiedToken | undefined
    let entitlement: Entitlement | undefined
    try {
      const read = readAccessToken(request)
      if (typeof read !== 'string') return refuse(read, request, requirement, {})
      carried = read

      // A promise is only awaited where there is one: nearly all requests are about a remembered token and a known client.
      const verifying = verify(carried)
      const { token: verified, rules: issuer } = verifying instanceof Promise ? await verifying : verifying
      token = verified
      const finding = issuer.entitlements.find(verified, readWanted(requirement, request))
      const found = finding && 'then' in finding ? await finding : finding
      // What was awaited may have told that the key of the token was compromised.
      if (found !== finding) await verify(carried)
      refuseRevoked(verified, found)
      entitlement = found
      token = withCurrentScopes(verified, entitlement)
      const decision = decideChecked(token, entitlement, requirement, request)
      if (!decision.allowed) return refuse(named(decision, issuer), request, requirement, { token, entitlement })

      const { id, rateLimit } = entitlement.organization.rights
      if (!rateLimit) return allow({ ...decision, token, entitlement }, request, requirement)
      const taken = issuer.rates.take(id, rateLimit, issuer.issuer)
      const rate = 'then' in taken ? await taken : taken
      const { retryAfterSeconds } = rate
      if (retryAfterSeconds === undefined) return allow({ ...decision, token, entitlement, rate }, request, requirement)
      return refuse(named(deny('rate-limited', { rate, retryAfterSeconds }), issuer), request, requirement, { token, entitlement })
    } catch (error) {
      return refuse(named(toDenial(error), claimedIssuer(carried)), request, requirement, { token, entitlement, error })
    }
  }

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

  async function verifyToken(token: string): Promise<TokenVerdict> {
    try {
      const { token: verified, rules: issuer } = await verify(token)
      const finding = issuer.entitlements.find(verified)
      const entitlement = finding && 'then' in finding ? await finding : finding
      if (entitlement !== finding) await verify(token) // As in authorize().
      refuseRevoked(verified, entitlement)
      return { valid: true, token: withCurrentScopes(verified, entitlement), entitlement }
    } catch (error) {
      return { valid: false, denial: named(toDenial(error), claimedIssuer(token)) }
    }
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

  function readOrNone(required: Requirement): CheckedRequirement | undefined {
    try {
      return readRequirement(required)
    } catch {
      return undefined
    }
  }

  return Object.freeze<Guard>({
    issuer: first.issuer,
    realm: first.realm,
    publicUrl: first.publicUrl,
    checkRequirement(requirement, routeParamNames, route) {
      const checked = readRequirement(requirement)
      checkParam(checked, routeParamNames)
      if (watcher) tellSafely(watcher.checked, checked, route)
    },
    authorize,
    verifyToken,
    describeDecision: (request, required, decision) => forListener(describe(request, readOrNone(required), decision)),
    explainDenial: (denied, request, required, known = {}) => explain(denied, request, readOrNone(required), known),
    me({ token, entitlement: { organization, client } }) {
      const names = issuerOf.get(token.issuer)
      if (!names) throw new TypeError(`This guard does not accept tokens of "${token.issuer}"`)
      return meDocument(names, token, { organization: organization.rights, client: client.rights })
    },
  })
}

/** Any other error does not concern the token: 503 and never 401, which would make clients renew and multiply the load. */
function toDenial(error: unknown): UnexplainedDenial {
  if (error instanceof InvalidTokenError) return deny(error.code, { detail: error.message, remedy: error.remedy })
  return deny('temporarily-unavailable', { retryAfterSeconds: unavailableSeconds, cause: error })
}
