// A guard for an API outside the authorization server: keys and entitlements come over HTTP, the latter with credentials of
// the API (scope "entitlements:read").
import {
  createTokenProvider,
  withBearer,
  type ClientCredentialOptions,
  type ClientSecret,
  type TokenProviderOptions,
} from '@countersign/client'
import { kindOf, refuseUnknownOptions, type TokenProfileName } from '@countersign/protocol'
import { requireSecureUrl, type Fetch } from './fetch-json.ts'
import { checkOwnToken } from './check-own-token.ts'
import { createGuard, readTokenRules, type Guard, type GuardOptions } from './guard.ts'
import { createClockAlarm } from './clock-alarm.ts'
import { createRemoteEntitlements } from './remote-entitlements.ts'
import { createRemoteKeys } from './remote-keys.ts'
import { createSteadyClock } from './steady-clock.ts'
import type { TierRates } from './tier-rate.ts'

/**
 * A client with the scope `entitlements:read`, with what the client library takes: the secret is a value, `[newer, older]` during a
 * rotation, or a function that returns either, such as one that reads a file or a vault. It is called before each token request, so a
 * rotated secret needs neither a restart nor a deployment. Or `clientAuth: privateKeyJwt({ … })` of the client library in place of a secret;
 * the issuer of the guard is its audience.
 */
export type GuardCredentials = ClientCredentialOptions & {
  /** Default: from the issuer's metadata. */
  readonly tokenUrl?: string
}

export interface RemoteGuardOptions {
  /** The exact `iss` of the tokens, and the base of discovery. An https URL; http only on loopback. */
  readonly issuer: string
  readonly realm: string
  /** Default: `rfc9068`. */
  readonly tokenProfile?: TokenProfileName
  /** Required if the profile has an audience. */
  readonly audience?: string
  /** The base of the problem pages. Default: the origin of the issuer. */
  readonly publicUrl?: string
  readonly credentials: GuardCredentials
  /** How long a token is accepted after its expiry. 0 to 60, default 5. */
  readonly clockSkewSeconds?: number
  /**
   * How far the clock of this machine may be behind that of the server: a token whose `iat` or `nbf` is further ahead is denied, and
   * `onError` is told by how much, at most once a minute. Does not extend the lifetime of a token. 0 to 60, default 60.
   */
  readonly issuedAheadSeconds?: number
  /**
   * The pause between two requests for what changed in the realm, so a withdrawn partner or a revoked token stops working within it and
   * the second that a node of the server may be behind. 0 to 86,400, default 5; 0 asks before each decision.
   */
  readonly entitlementSeconds?: number
  /**
   * While the server or its store cannot be reached: until when what it knew last is used, counted from when the server itself last knew
   * it. Not added to `entitlementSeconds`; the larger of the two counts. Then decisions are denied with 503. 0 to 86,400, default 300.
   */
  readonly staleIfErrorSeconds?: number
  /** Counts requests against the tiers. Default: in this process, so several processes of one API allow the whole limit each. */
  readonly rates?: TierRates
  /** The scopes that the realm declares. If given, a requirement that names another one is an error. */
  readonly scopes?: readonly string[]
  /** The capabilities that the realm declares. If given, a requirement that names another one is an error. */
  readonly capabilities?: readonly string[]
  /**
   * Where the keys are. Default: the `jwks_uri` in the metadata of the issuer, which must be at the origin of the issuer: set this option
   * if your issuer publishes its keys at another one, and `credentials.tokenUrl` if its token endpoint is there.
   */
  readonly jwksUri?: string
  readonly fetch?: Fetch
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  /** A number in [0, 1), default `Math.random`; spreads retries, and need not be cryptographically secure. */
  readonly random?: () => number
  /**
   * Called with a RemoteGuardError whenever keys, changes or an entitlement could not be fetched, also while cached ones are still used,
   * and with a ClockBehindError if tokens are denied because the clock of this machine is behind; also for a key of the issuer that must
   * not be used: the place for an alarm.
   */
  readonly onError?: (error: Error) => void
}

export interface RemoteGuard extends Guard {
  /**
   * For the start and for a readiness check: fetches the keys, a token of the guard's own, and what changed in the realm, unless it has
   * them, and checks once whether it would accept that token. Resolves if the guard can decide, which it also can while the server is away
   * for a time (`staleIfErrorSeconds`).
   * @throws RemoteGuardError that says which of URL, issuer, audience, network, credentials, scope and profile is wrong, and what to do next.
   */
  ready(): Promise<void>
  /** Why the server could not be asked last, or that its tokens have another audience, as `ready()` and `onError` say it; `undefined` if it could. The guard may still decide. */
  lastFailure(): Error | undefined
  /**
   * Uses another secret from now on, for credentials whose `clientSecret` is not a function. The next request to the server proves it.
   * @throws TypeError if `clientSecret` is invalid.
   */
  updateSecret(clientSecret: ClientSecret): void
}

const optionNames = [
  'issuer',
  'realm',
  'tokenProfile',
  'audience',
  'publicUrl',
  'credentials',
  'clockSkewSeconds',
  'issuedAheadSeconds',
  'entitlementSeconds',
  'staleIfErrorSeconds',
  'rates',
  'scopes',
  'capabilities',
  'jwksUri',
  'fetch',
  'clock',
  'random',
  'onError',
] satisfies (keyof RemoteGuardOptions)[]

/**
 * Creates a guard that fetches keys and entitlements from the authorization server, beginning with the first request. There
 * is nothing to close.
 * @example
 * const guard = createRemoteGuard({
 *   issuer: 'https://auth.example.com/realms/nt24-idp',
 *   realm: 'nt24-idp',
 *   tokenProfile: 'keycloak',
 *   audience: 'nt24-integration-api',
 *   credentials: { clientId: 'nt24-api', clientSecret: async () => (await readFile('/run/secrets/nt24-api', 'utf8')).trim() },
 * })
 * @throws TypeError for options that would not protect anything.
 */
export function createRemoteGuard(options: RemoteGuardOptions): RemoteGuard {
  refuseUnknownOptions('createRemoteGuard', options, optionNames)
  const { issuer, realm, tokenProfile = 'rfc9068', audience, credentials, clockSkewSeconds, issuedAheadSeconds = 60 } = options
  const { entitlementSeconds = 5, staleIfErrorSeconds = 300 } = options
  const { jwksUri, fetch = globalThis.fetch, clock = Date.now, random = Math.random, onError = () => {} } = options
  const { origin } = requireSecureUrl('issuer', issuer)
  if (jwksUri !== undefined) requireSecureUrl('jwksUri', jwksUri)
  requireSeconds('entitlementSeconds', entitlementSeconds)
  requireSeconds('staleIfErrorSeconds', staleIfErrorSeconds)

  const tokens = createTokenProvider({
    ...readCredentials(credentials, issuer),
    scope: 'entitlements:read',
    fetch,
    random,
  })
  const steadyClock = createSteadyClock(clock)
  const keys = createRemoteKeys({ issuer, fetch, clock: steadyClock, random, onError, jwksUri })
  const entitlements = createRemoteEntitlements({
    issuer,
    audience,
    fetch: withBearer(fetch, tokens, { origins: [origin] }),
    freshSeconds: entitlementSeconds,
    maxAgeSeconds: Math.max(entitlementSeconds, staleIfErrorSeconds),
    clock: steadyClock,
    random,
    onError,
  })
  const guardOptions: GuardOptions = {
    issuer,
    realm,
    publicUrl: options.publicUrl ?? origin,
    tokenProfile,
    keys,
    entitlements,
    clock,
    issuedAheadSeconds,
    onIssuedAhead: createClockAlarm(steadyClock, onError),
    ...(audience !== undefined && { audience }),
    ...(clockSkewSeconds !== undefined && { clockSkewSeconds }),
    ...(options.rates !== undefined && { rates: options.rates }),
    ...(options.scopes !== undefined && { scopes: options.scopes }),
    ...(options.capabilities !== undefined && { capabilities: options.capabilities }),
  }
  const guard = createGuard(guardOptions)
  let isOwnTokenChecked = false

  /** One after the other, because each needs what comes before it: the first failure is the one to repair. */
  async function ready(): Promise<void> {
    await keys.ready()
    await entitlements.ready()
    // Once, at the start, when the token has just been used: later ones need not be had, because the guard can decide without them.
    if (isOwnTokenChecked) return
    await checkOwnToken(readTokenRules(guardOptions), await tokens.getToken())
    isOwnTokenChecked = true
  }

  return Object.freeze({
    ...guard,
    ready,
    lastFailure: () => keys.failure ?? entitlements.failure,
    updateSecret(clientSecret: ClientSecret) {
      tokens.updateSecret(clientSecret)
      entitlements.retryNow()
    },
  })
}

function readCredentials(credentials: GuardCredentials, issuer: string): TokenProviderOptions {
  if (typeof credentials !== 'object' || credentials === null)
    throw new TypeError(`"credentials" must be an object with "clientId" and "clientSecret" or "clientAuth"; found ${kindOf(credentials)}`)
  const { tokenUrl, clientId, clientSecret, clientAuthentication, onSecretProven, clientAuth } = credentials
  return {
    ...(tokenUrl === undefined ? { issuer } : { tokenUrl }),
    clientId,
    clientSecret,
    clientAuthentication,
    onSecretProven,
    ...(clientAuth !== undefined && { clientAuth: { ...clientAuth, audience: clientAuth.audience ?? issuer } }),
  } as TokenProviderOptions
}

function requireSeconds(name: string, seconds: number): void {
  if (!Number.isFinite(seconds) || seconds < 0 || seconds > 86_400) throw new TypeError(`"${name}" is not a number from 0 to 86400`)
}
