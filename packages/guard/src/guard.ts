// The guard: one guarded request from its header to the decision. The sources decide where keys and entitlements come from,
// denialResponse how a denial is sent, and the API which route requires what.
import {
  isSigningAlgorithm,
  meDocument,
  refuseUnknownOptions,
  signingAlgorithms,
  tokenProfiles,
  type MeDocument,
  type SigningAlgorithmName,
  type TokenProfile,
  type TokenProfileName,
} from '@countersign/protocol'
import { checkGuardRequest, deny, type Access, type Denial, type GuardRequest } from './access.ts'
import { readAccessToken } from './access-token.ts'
import type { VerifiedToken } from './claims.ts'
import { withCurrentScopes } from './current-scopes.ts'
import { decideChecked, readWanted } from './decide-access.ts'
import type { Entitlement, Wanted } from './entitlement-index.ts'
import { InvalidTokenError } from './invalid-token.ts'
import { createRequirementReader, type CheckedRequirement } from './read-requirement.ts'
import { checkParam, type Requirement } from './requirement.ts'
import { createTierRates, type TierRates } from './tier-rate.ts'
import { refuseRevoked } from './token-revocation.ts'
import { createTokenVerifier, type KeySource, type TokenRules } from './verify-token.ts'

/** Where entitlements come from. Asked on every request, so that a withdrawn partner or token stops working as soon as the source knows. */
export interface EntitlementSource {
  /**
   * The entitlement of the client of the token, `undefined` if the realm knows no such client; throws or rejects if that cannot be
   * determined.
   * @param wanted what the decision is about: lower-case UUIDs, for which `partners.find()` and `requestors.find()` of the
   *   organization must then not be undefined
   */
  find(token: VerifiedToken, wanted?: Wanted): Entitlement | undefined | Promise<Entitlement | undefined>
}

export interface GuardOptions {
  /** The exact `iss` of the tokens. */
  readonly issuer: string
  /** The name of the realm in challenges and in `GET /v1/me`. */
  readonly realm: string
  /** The base of the problem pages: `{publicUrl}/problems/{code}`. */
  readonly publicUrl: string
  readonly tokenProfile: TokenProfileName
  /** Required if the profile has an audience, rejected if it has none. */
  readonly audience?: string
  /** Default: all that the product knows. */
  readonly algorithms?: readonly SigningAlgorithmName[]
  readonly keys: KeySource
  readonly entitlements: EntitlementSource
  /** 0 to 60, default 5. */
  readonly clockSkewSeconds?: number
  /** How far `iat` and `nbf` may be ahead, 0 to 60; by default as far as the clock skew allows. */
  readonly issuedAheadSeconds?: number
  /**
   * Called for each genuine token that is refused because its `iat` or `nbf` is `seconds` ahead of the clock, which is more than allowed:
   * most likely the clock of this machine is behind. Must not throw.
   */
  readonly onIssuedAhead?: (seconds: number) => void
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  /** How many verified tokens are remembered. Default 10,000, at least 2. */
  readonly rememberedTokens?: number
  /** Counts requests against the tiers. Default: in this process, so several processes of one API allow the whole limit each. */
  readonly rates?: TierRates
  /** The scopes that the realm declares. If given, a requirement that names another one is an error. */
  readonly scopes?: readonly string[]
  /** The capabilities that the realm declares. If given, a requirement that names another one is an error. */
  readonly capabilities?: readonly string[]
}

export interface Guard {
  readonly issuer: string
  readonly realm: string
  readonly publicUrl: string
  /**
   * Validates a requirement when its route is registered; adapters call it.
   * @throws TypeError for unknown members, invalid values, a parameter that the route does not have, and scopes or
   *   capabilities that the realm does not have, as far as the guard was told which it has.
   */
  checkRequirement(requirement: Requirement, routeParamNames: readonly string[]): void
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
  /** The document of `GET /v1/me`. */
  me(access: Pick<Access, 'token' | 'entitlement'>): MeDocument
}

export type TokenVerdict =
  | { readonly valid: true; readonly token: VerifiedToken; readonly entitlement: Entitlement }
  | { readonly valid: false; readonly denial: Denial }

/** The Retry-After for clients when keys or entitlement are not available. */
const unavailableSeconds = 5

/**
 * Creates a guard from sources of your own; see `createRemoteGuard` for one that asks the authorization server.
 * @throws TypeError for options that would not protect anything.
 */
export function createGuard(options: GuardOptions): Guard {
  const rules = readTokenRules(options)
  const { issuer, realm, publicUrl, entitlements } = options
  const verify = createTokenVerifier(rules)
  const { rates = createTierRates(rules.clock) } = options
  const readRequirement = createRequirementReader(options)

  async function authorize(request: GuardRequest, required: Requirement): Promise<Access | Denial> {
    let requirement: CheckedRequirement
    try {
      requirement = readRequirement(required) // First of all, so that the first request shows an error, whatever it carries.
      checkGuardRequest(request, requirement.partner !== undefined)
    } catch (error) {
      return deny('internal-error', { cause: error }) // A defect of the API: nothing that the caller can repair or wait for.
    }
    try {
      const carried = readAccessToken(request)
      if (typeof carried !== 'string') return carried

      // A promise is only awaited where there is one: nearly all requests are about a remembered token and a known client.
      const verifying = verify(carried)
      const verified = verifying instanceof Promise ? await verifying : verifying
      const finding = entitlements.find(verified, readWanted(requirement, request))
      const entitlement = finding && 'then' in finding ? await finding : finding
      refuseRevoked(verified, entitlement)
      const token = withCurrentScopes(verified, entitlement)
      const decision = decideChecked(token, entitlement, requirement, request)
      if (!decision.allowed) return decision

      const { id, rateLimit } = entitlement.organization.rights
      if (!rateLimit) return { ...decision, token, entitlement }
      const taken = rates.take(id, rateLimit)
      const rate = 'then' in taken ? await taken : taken
      if (rate.retryAfterSeconds !== undefined) return deny('rate-limited', { rate, retryAfterSeconds: rate.retryAfterSeconds })
      return { ...decision, token, entitlement, rate }
    } catch (error) {
      return toDenial(error)
    }
  }

  async function verifyToken(token: string): Promise<TokenVerdict> {
    try {
      const verified = await verify(token)
      const entitlement = await entitlements.find(verified)
      refuseRevoked(verified, entitlement)
      return { valid: true, token: withCurrentScopes(verified, entitlement), entitlement }
    } catch (error) {
      return { valid: false, denial: toDenial(error) }
    }
  }

  return Object.freeze<Guard>({
    issuer,
    realm,
    publicUrl,
    checkRequirement: (requirement, routeParamNames) => checkParam(readRequirement(requirement), routeParamNames),
    authorize,
    verifyToken,
    me: ({ token, entitlement: { organization, client } }) =>
      meDocument({ realm, issuer }, token, { organization: organization.rights, client: client.rights }),
  })
}

/** Any other error does not concern the token: 503 and never 401, which would make clients renew and multiply the load. */
function toDenial(error: unknown): Denial {
  if (error instanceof InvalidTokenError) return deny(error.code, { detail: error.message, remedy: error.remedy })
  return deny('temporarily-unavailable', { retryAfterSeconds: unavailableSeconds, cause: error })
}

const optionNames = [
  'issuer',
  'realm',
  'publicUrl',
  'tokenProfile',
  'audience',
  'algorithms',
  'keys',
  'entitlements',
  'clockSkewSeconds',
  'issuedAheadSeconds',
  'onIssuedAhead',
  'clock',
  'rememberedTokens',
  'rates',
  'scopes',
  'capabilities',
] satisfies (keyof GuardOptions)[]
const everyAlgorithm = Object.keys(signingAlgorithms).filter(isSigningAlgorithm)

/** @throws TypeError for options that would not protect anything. */
export function readTokenRules(options: GuardOptions): TokenRules {
  refuseUnknownOptions('createGuard', options, optionNames)
  const { issuer, tokenProfile, audience, algorithms = everyAlgorithm, keys } = options
  const {
    clockSkewSeconds = 5,
    issuedAheadSeconds = clockSkewSeconds,
    clock = Date.now,
    rememberedTokens = 10_000,
    onIssuedAhead,
  } = options
  for (const name of ['issuer', 'realm', 'publicUrl'] as const) {
    if (typeof options[name] !== 'string' || options[name] === '') throw new TypeError(`"${name}" is not a string`)
  }
  for (const name of ['keys', 'entitlements'] as const) {
    if (typeof options[name]?.find !== 'function') throw new TypeError(`"${name}" is not a source: it has no function "find"`)
  }
  if (options.rates !== undefined && typeof options.rates?.take !== 'function')
    throw new TypeError('"rates" is not a counter: it has no function "take"')
  for (const name of ['scopes', 'capabilities'] as const) {
    const names: unknown = options[name] ?? []
    if (!Array.isArray(names) || !names.every((each) => typeof each === 'string')) throw new TypeError(`"${name}" is not a list of names`)
  }
  for (const [name, value] of Object.entries({ clock, onIssuedAhead }))
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`"${name}" is not a function`)
  if (!Object.hasOwn(tokenProfiles, tokenProfile)) {
    throw new TypeError(`"tokenProfile" is not one of ${Object.keys(tokenProfiles).join(', ')}`)
  }
  const profile: TokenProfile = tokenProfiles[tokenProfile]
  if (profile.hasAudience && (typeof audience !== 'string' || audience === '')) {
    throw new TypeError(`"audience" is missing: tokens of the profile "${tokenProfile}" have an audience`)
  }
  if (!profile.hasAudience && audience !== undefined) {
    throw new TypeError(`"audience" cannot be checked: tokens of the profile "${tokenProfile}" have none`)
  }
  if (algorithms.length === 0 || !algorithms.every(isSigningAlgorithm)) {
    throw new TypeError(`"algorithms" is not a list of ${everyAlgorithm.join(', ')}`)
  }
  for (const [name, seconds] of Object.entries({ clockSkewSeconds, issuedAheadSeconds }))
    if (!Number.isFinite(seconds) || seconds < 0 || seconds > 60) throw new TypeError(`"${name}" is not a number from 0 to 60`)
  if (!Number.isSafeInteger(rememberedTokens) || rememberedTokens < 2)
    throw new TypeError('"rememberedTokens" is not a whole number of at least 2')
  const claimRules = { issuer, profile, audience, clockSkewSeconds, issuedAheadSeconds, onIssuedAhead }
  return { ...claimRules, algorithms: new Set(algorithms), keys, clock, rememberedTokens }
}
