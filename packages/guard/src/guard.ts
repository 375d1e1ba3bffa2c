// The guard: one guarded request from its header to the decision. The sources decide where keys and entitlements come from,
// denialResponse how a denial is sent, and the API which route requires what.
import { meDocument, type MeDocument } from '@countersign/protocol'
import { checkGuardRequest, deny, type Access, type Denial, type GuardRequest, type UnexplainedDenial } from './access.ts'
import { readAccessToken } from './access-token.ts'
import { createAuthorize } from './authorize-at-once.ts'
import type { VerifiedToken } from './claims.ts'
import { createCurrentScopes } from './current-scopes.ts'
import { decideChecked, readWanted, type Decision } from './decide-access.ts'
import type { DecisionWatcher, GuardedRoute } from './decision-watcher.ts'
import type { Entitlement } from './entitlement-index.ts'
import { createAnswers, toDenial, type KnownOfDenial } from './guard-answers.ts'
import { forListener, tellSafely, type GuardDecision } from './guard-decision.ts'
import { readGuardOptions, type AcceptedIssuer, type GuardOptions, type MultiIssuerGuardOptions } from './guard-options.ts'
import type { IssuerNames } from './issuer-list.ts'
import { createRequirementReader, type CheckedRequirement } from './read-requirement.ts'
import { checkParam, type Requirement } from './requirement.ts'
import { refuseRevoked } from './token-revocation.ts'
import type { RateState } from './tier-rate.ts'
import { createTokenVerifier, type Verified } from './verify-token.ts'

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
   * @param earlier an access that this guard gave for the same request and another requirement: the request is not counted again, neither
   *   against the rate nor, if it is allowed, in reports
   */
  authorize(request: GuardRequest, requirement: Requirement, earlier?: Access): Promise<Access | Denial>
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

/** One request, and what is known of it so far. */
interface Asking {
  readonly request: GuardRequest
  readonly requirement: CheckedRequirement
  readonly earlier: Access | undefined
  carried: string | undefined
  token: VerifiedToken | undefined
  entitlement: Entitlement | undefined
}

/** All that is left is the rate. */
interface AllowedSoFar {
  readonly decision: Extract<Decision, { readonly allowed: true }>
  readonly token: VerifiedToken
  readonly entitlement: Entitlement
  readonly issuer: AcceptedIssuer
}

type Verifying = Verified<AcceptedIssuer> | Promise<Verified<AcceptedIssuer>>
type Finding = ReturnType<AcceptedIssuer['entitlements']['find']>

const noRequest: GuardRequest = Object.freeze({ rawHeaders: [], params: {} })

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
  const issuerOf = new Map(rules.issuers.map((issuer) => [issuer.issuer, issuer]))
  const [first] = rules.issuers as [AcceptedIssuer]
  const verify = createTokenVerifier(rules)
  const withCurrentScopes = createCurrentScopes()
  const readRequirement = createRequirementReader(rules.issuers, rules.clock)
  const { allow, refuse, explain, describe, named, claimedIssuer } = createAnswers(rules, options.onDecision, watcher)

  function decide(request: GuardRequest, required: Requirement, earlier?: Access): Access | Denial | Promise<Access | Denial> {
    let requirement: CheckedRequirement
    try {
      requirement = readRequirement(required) // First of all, so that the first request shows an error, whatever it carries.
      checkGuardRequest(request, requirement.partner !== undefined)
    } catch (error) {
      // A defect of the API: nothing that the caller can repair or wait for.
      return refuse(deny('internal-error', { cause: error }), request ?? noRequest, undefined, {})
    }
    const asking: Asking = { request, requirement, earlier, carried: undefined, token: undefined, entitlement: undefined }
    try {
      const read = readAccessToken(request)
      if (typeof read !== 'string') return refuse(read, request, requirement, {})
      asking.carried = read

      // A promise is only awaited where there is one: nearly all requests are about a remembered token and a known client.
      const verifying = verify(read)
      if (verifying instanceof Promise) return decideLater(asking, read, verifying)
      const finding = find(asking, verifying)
      if (finding && 'then' in finding) return decideLater(asking, read, verifying, finding)
      return decideKnown(asking, verifying, finding)
    } catch (error) {
      return refuseFailed(asking, error)
    }
  }

  /** @param begun what was asked already */
  async function decideLater(asking: Asking, carried: string, verifying: Verifying, begun?: Finding): Promise<Access | Denial> {
    try {
      const verified = await verifying
      const finding = begun ?? find(asking, verified)
      const found = await finding
      // What was awaited may have told that the key of the token was compromised.
      if (found !== finding) await verify(carried)
      return await decideKnown(asking, verified, found)
    } catch (error) {
      return refuseFailed(asking, error)
    }
  }

  function find(asking: Asking, { token, rules: issuer }: Verified<AcceptedIssuer>): Finding {
    asking.token = token
    return issuer.entitlements.find(token, readWanted(asking.requirement, asking.request))
  }

  function decideKnown(
    asking: Asking,
    { token: verified, rules: issuer }: Verified<AcceptedIssuer>,
    entitlement: Entitlement | undefined,
  ): Access | Denial | Promise<Access | Denial> {
    const { request, requirement, earlier } = asking
    refuseRevoked(verified, entitlement)
    asking.entitlement = entitlement
    const token = withCurrentScopes(verified, entitlement)
    asking.token = token
    const decision = decideChecked(token, entitlement, requirement, request)
    if (!decision.allowed) return refuse(named(decision, issuer), request, requirement, { token, entitlement })

    if (earlier) return { ...earlier, ...decision, token, entitlement }
    const { id, rateLimit } = entitlement.organization.rights
    if (!rateLimit) return allow({ ...decision, token, entitlement }, request, requirement)
    const allowed = { decision, token, entitlement, issuer }
    const taken = issuer.rates.take(id, rateLimit, issuer.issuer)
    return 'then' in taken ? rateLater(asking, allowed, taken) : rated(asking, allowed, taken)
  }

  async function rateLater(asking: Asking, allowed: AllowedSoFar, taken: Promise<RateState>): Promise<Access | Denial> {
    try {
      return rated(asking, allowed, await taken)
    } catch (error) {
      return refuseFailed(asking, error)
    }
  }

  function rated(
    { request, requirement }: Asking,
    { decision, token, entitlement, issuer }: AllowedSoFar,
    rate: RateState,
  ): Access | Denial {
    const { retryAfterSeconds } = rate
    if (retryAfterSeconds === undefined) return allow({ ...decision, token, entitlement, rate }, request, requirement)
    return refuse(named(deny('rate-limited', { rate, retryAfterSeconds }), issuer), request, requirement, { token, entitlement })
  }

  function refuseFailed({ request, requirement, carried, token, entitlement }: Asking, error: unknown): Denial {
    return refuse(named(toDenial(error), claimedIssuer(carried)), request, requirement, { token, entitlement, error })
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
    authorize: createAuthorize(decide),
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
