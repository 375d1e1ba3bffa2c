// The options of a guard, read once into the rules of each issuer.
import {
  isSigningAlgorithm,
  signingAlgorithms,
  tokenProfiles,
  type SigningAlgorithmName,
  type TokenProfile,
  type TokenProfileName,
} from '@countersign/protocol'
import { readAudience, type anyAudience, type Audience } from './audience.ts'
import type { VerifiedToken } from './claims.ts'
import type { Entitlement, Wanted } from './entitlement-index.ts'
import type { GuardDecision } from './guard-decision.ts'
import { listIssuers, type IssuerEntry, type IssuerNames } from './issuer-list.ts'
import { readReportOnly, refuseDistantEnd, type ReportOnly } from './report-only.ts'
import { createTierRates, type TierRates } from './tier-rate.ts'
import type { KeySource, TokenRules, TokenVerifierOptions } from './verify-token.ts'

/** Where entitlements come from. Asked on every request, so that a withdrawn partner or token stops working as soon as the source knows. */
export interface EntitlementSource {
  /**
   * The entitlement of the client of the token, `undefined` if the realm knows no such client; throws or rejects if that cannot be
   * determined.
   * @param token a source of several issuers must look at its `issuer` too: two may have the same client ids
   * @param wanted what the decision is about: lower-case UUIDs, for which `partners.find()` and `requestors.find()` of the
   *   organization must then not be undefined
   */
  find(token: VerifiedToken, wanted?: Wanted): Entitlement | undefined | Promise<Entitlement | undefined>
  /** The number of the last change that the source knows, for logs and reports. */
  readonly revision?: number | undefined
}

/** One issuer whose tokens a guard accepts. */
export interface IssuerOptions {
  /** The exact `iss` of the tokens. */
  readonly issuer: string
  /** The name of the realm in challenges and in `GET /v1/me`. */
  readonly realm: string
  /** The base of the problem pages: `{publicUrl}/problems/{code}`. */
  readonly publicUrl: string
  readonly tokenProfile: TokenProfileName
  /**
   * The name of this API in `aud`, or several names of which a token must have at least one. Required if the profile has an audience,
   * rejected if it has none. A source of entitlements of your own tells the same names to `indexEntitlement()`, so that scopes of other
   * APIs do not count here.
   */
  readonly audience?: Audience | typeof anyAudience
  /** Default: all that the product knows. */
  readonly algorithms?: readonly SigningAlgorithmName[]
  /** The keys of this issuer and of no other: a key verifies every token that names the issuer. */
  readonly keys: KeySource
  readonly entitlements: EntitlementSource
  /** The scopes that the realm declares. If given, a requirement that names another one is an error. */
  readonly scopes?: readonly string[]
  /** The capabilities that the realm declares. If given, a requirement that names another one is an error. */
  readonly capabilities?: readonly string[]
}

/** What all issuers of a guard share. */
export interface GuardSettings {
  /** 0 to 60, default 5. */
  readonly clockSkewSeconds?: number
  /** How far `iat` and `nbf` may be ahead, 0 to 60; by default as far as the clock skew allows. */
  readonly issuedAheadSeconds?: number
  /**
   * Called for each genuine token that is refused because its `iat` or `nbf` is `seconds` ahead of the clock, which is more than allowed:
   * most likely the clock of this machine is behind that of `issuer`. Must not throw.
   */
  readonly onIssuedAhead?: (seconds: number, issuer: string) => void
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  /** How many verified tokens are remembered, of all issuers together. Default 10,000, at least 2. */
  readonly rememberedTokens?: number
  /** Counts requests against the tiers. Default: in this process, so several processes of one API allow the whole limit each. */
  readonly rates?: TierRates
  /**
   * Called after each decision of `authorize()`, for a log of your own; the caller waits for it. It gets no token and no path. What it
   * throws, or rejects with, is dropped.
   */
  readonly onDecision?: (decision: GuardDecision) => unknown
  /** Until then requests that would be denied are only reported, and pass; `Requirement.reportOnly` is for one route. */
  readonly reportOnly?: ReportOnly
}

/** A guard of one issuer. */
export interface GuardOptions extends IssuerOptions, GuardSettings {}

/** A guard of several issuers. */
export interface MultiIssuerGuardOptions extends GuardSettings {
  /**
   * At least one, each once. Which of them a token is of is read from its `iss`, and only that issuer's rules, keys, entitlements and
   * rates then count. The first one names the guard, and the denials of requests whose issuer is not known.
   */
  readonly issuers: readonly IssuerOptions[]
}

/** An issuer with everything that decides about its tokens. */
export interface AcceptedIssuer extends TokenRules, IssuerNames {
  readonly entitlements: EntitlementSource
  readonly rates: TierRates
  readonly scopes: readonly string[] | undefined
  readonly capabilities: readonly string[] | undefined
}

const ofIssuer = [
  'issuer',
  'realm',
  'publicUrl',
  'tokenProfile',
  'audience',
  'algorithms',
  'keys',
  'entitlements',
  'scopes',
  'capabilities',
] satisfies (keyof IssuerOptions)[]
const shared = [
  'clockSkewSeconds',
  'issuedAheadSeconds',
  'onIssuedAhead',
  'clock',
  'rememberedTokens',
  'rates',
  'onDecision',
  'reportOnly',
] satisfies (keyof GuardSettings)[]
const everyAlgorithm = Object.keys(signingAlgorithms).filter(isSigningAlgorithm)

export interface GuardRules extends TokenVerifierOptions<AcceptedIssuer> {
  /** Milliseconds since the epoch. */
  readonly reportOnlyUntil: number | undefined
}

/** @throws TypeError for options that would not protect anything. */
export function readGuardOptions(options: GuardOptions | MultiIssuerGuardOptions): GuardRules {
  const entries = listIssuers<IssuerOptions>('createGuard', options, { ofIssuer, shared })
  const { clock = Date.now, rememberedTokens = 10_000, clockSkewSeconds = 5, issuedAheadSeconds = clockSkewSeconds } = options
  const { onIssuedAhead, rates, onDecision } = options
  if (rates !== undefined && typeof rates?.take !== 'function') throw new TypeError('"rates" is not a counter: it has no function "take"')
  for (const [name, value] of Object.entries({ clock, onIssuedAhead, onDecision }))
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`"${name}" is not a function`)
  for (const [name, seconds] of Object.entries({ clockSkewSeconds, issuedAheadSeconds }))
    if (!Number.isFinite(seconds) || seconds < 0 || seconds > 60) throw new TypeError(`"${name}" is not a number from 0 to 60`)
  if (!Number.isSafeInteger(rememberedTokens) || rememberedTokens < 2)
    throw new TypeError('"rememberedTokens" is not a whole number of at least 2')
  const leeway = { clockSkewSeconds, issuedAheadSeconds, onIssuedAhead }
  const issuers = entries.map((entry) => readIssuer(entry, leeway, rates ?? createTierRates(clock)))
  refuseSharedKeys(issuers)
  const reportOnlyUntil = options.reportOnly === undefined ? undefined : readReportOnly(options.reportOnly)
  if (reportOnlyUntil !== undefined) refuseDistantEnd(reportOnlyUntil, clock())
  return { issuers, clock, rememberedTokens, reportOnlyUntil }
}

type Leeway = Pick<AcceptedIssuer, 'clockSkewSeconds' | 'issuedAheadSeconds' | 'onIssuedAhead'>

function readIssuer({ at, entry }: IssuerEntry<IssuerOptions>, leeway: Leeway, rates: TierRates): AcceptedIssuer {
  const { issuer, realm, publicUrl, tokenProfile, audience, algorithms = everyAlgorithm, keys, entitlements } = entry
  const { scopes, capabilities } = entry
  for (const [name, value] of Object.entries({ issuer, realm, publicUrl }))
    if (typeof value !== 'string' || value === '') throw new TypeError(`"${at}${name}" is not a string`)
  for (const [name, source] of Object.entries({ keys, entitlements }))
    if (typeof source?.find !== 'function') throw new TypeError(`"${at}${name}" is not a source: it has no function "find"`)
  for (const [name, names] of Object.entries({ scopes, capabilities })) refuseOtherThanNames(`${at}${name}`, names)
  if (!Object.hasOwn(tokenProfiles, tokenProfile))
    throw new TypeError(`"${at}tokenProfile" is not one of ${Object.keys(tokenProfiles).join(', ')}`)
  const profile: TokenProfile = tokenProfiles[tokenProfile]
  const audiences = readAudience(`${at}audience`, audience, tokenProfile)
  if (!Array.isArray(algorithms) || algorithms.length === 0 || !algorithms.every(isSigningAlgorithm))
    throw new TypeError(`"${at}algorithms" is not a list of ${everyAlgorithm.join(', ')}`)
  const names = { issuer, realm, publicUrl }
  const sources = { keys, entitlements, rates }
  return { ...names, ...leeway, ...sources, profile, audiences, algorithms: new Set(algorithms), scopes, capabilities }
}

function refuseOtherThanNames(option: string, names: unknown): void {
  if (names === undefined) return
  if (!Array.isArray(names) || !names.every((each) => typeof each === 'string')) throw new TypeError(`"${option}" is not a list of names`)
}

/** A source with the keys of two issuers would let each of them make tokens of the other. */
function refuseSharedKeys(issuers: readonly AcceptedIssuer[]): void {
  const index = issuers.findIndex(({ keys }, at) => issuers.findIndex((each) => each.keys === keys) !== at)
  if (index >= 0) throw new TypeError(`"issuers[${index}].keys" are also the keys of another issuer; each issuer has a source of its own`)
}
