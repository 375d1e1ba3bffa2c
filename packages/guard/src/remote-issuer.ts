// One issuer of a remote guard: its keys and entitlements over HTTP, the latter with credentials of the API, and what ready() tries.
import { createTokenProvider, withBearer, type ClientSecret } from '@countersign/client'
import type { SigningAlgorithmName, TokenProfileName } from '@countersign/protocol'
import { anyAudience, type Audience } from './audience.ts'
import { checkOwnToken } from './check-own-token.ts'
import { createClockAlarm } from './clock-alarm.ts'
import type { DecisionReporter, ReportHealth } from './decision-reporter.ts'
import { requireSecureUrl, type Fetch } from './fetch-json.ts'
import { readCredentials, type GuardCredentials } from './guard-credentials.ts'
import type { IssuerOptions } from './guard-options.ts'
import type { IssuerEntry } from './issuer-list.ts'
import { createIssuerReporting, type ReportSettings } from './issuer-reporting.ts'
import { keyNewsOf } from './key-news.ts'
import { createRemoteEntitlements } from './remote-entitlements.ts'
import { createRemoteFeed } from './remote-feed.ts'
import { createRemoteKeys } from './remote-keys.ts'
import type { ReportOnlyState } from './report-only-state.ts'
import type { StartTimer } from './unref-timer.ts'
import type { TokenRules } from './verify-token.ts'

/** One issuer whose tokens a remote guard accepts. */
export interface RemoteIssuerOptions {
  /** The exact `iss` of the tokens, and the base of discovery. An https URL; http only on loopback. */
  readonly issuer: string
  readonly realm: string
  /** Default: `rfc9068`. */
  readonly tokenProfile?: TokenProfileName
  /**
   * The name of this API in `aud`, or several names of which a token must have at least one. Required if the profile has an audience. Of
   * the scopes of a token those that belong to another API do not count.
   */
  readonly audience?: Audience
  /** The signing algorithms of the tokens that are accepted, also of the guard's own one in `ready()`. Default: all that the product knows. */
  readonly algorithms?: readonly SigningAlgorithmName[]
  /** The base of the problem pages. Default: the origin of the issuer. */
  readonly publicUrl?: string
  /** They are sent to this issuer only. */
  readonly credentials: GuardCredentials
  /** The scopes that the realm declares. If given, a requirement that names another one is an error. */
  readonly scopes?: readonly string[]
  /** The capabilities that the realm declares. If given, a requirement that names another one is an error. */
  readonly capabilities?: readonly string[]
  /**
   * Where the keys are. Default: the `jwks_uri` in the metadata of the issuer, which must be at the origin of the issuer: set this option
   * if your issuer publishes its keys at another one, and `credentials.tokenUrl` if its token endpoint is there.
   */
  readonly jwksUri?: string
}

/** What the issuers of one guard share. */
export interface RemoteIssuerSettings {
  readonly feed: boolean
  readonly entitlementSeconds: number
  readonly staleIfErrorSeconds: number
  readonly fetch: Fetch
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Milliseconds; never goes back. */
  readonly steadyClock: () => number
  readonly startTimer: StartTimer
  readonly random: () => number
  readonly onError: (error: Error, issuer: string) => void
  /** `undefined` without reports. */
  readonly reports: ReportSettings | undefined
  readonly reportOnly: ReportOnlyState
}

/** What a guard knows of one issuer, and how. All of it can be sent as JSON. */
export interface GuardHealth {
  readonly issuer: string
  /** `pull`: there is no feed, because of the option, the runtime or the server; the guard asks what changed when decisions need it. */
  readonly mode: 'feed' | 'pull'
  /** Whether changes arrive by the feed. If not, the guard asks. */
  readonly connected: boolean
  /** The number of the last change that the guard knows; null before the first answer. */
  readonly revision: number | null
  /** How old the guard's knowledge is: the time since the server last read its store for it; null before the first answer. */
  readonly knownAsOfSeconds: number | null
  /** How long the guard goes on deciding if it gets no news; 0 before the first answer. */
  readonly leaseLeftSeconds: number
  /** Since the last event of the feed; null before the first. */
  readonly lastEventSeconds: number | null
  /** As `lastFailure()` says it; null if there is none. */
  readonly failure: string | null
  /** Null without reports. They decide nothing: `failure` and `ready()` do not tell of them. */
  readonly reports: ReportHealth | null
  /** Until when the guard, or one of its routes, lets pass what it denies (ISO 8601); null if nothing passes now. The same for all issuers. */
  readonly reportOnlyUntil: string | null
  /** How many denied requests passed since the start because of it, of all issuers. */
  readonly reportOnlyPassed: number
}

export interface RemoteIssuer {
  /** For the guard. */
  readonly options: IssuerOptions
  readonly onIssuedAhead: (seconds: number) => void
  readonly reporter: DecisionReporter | undefined
  /** One after the other, because each needs what comes before it: the first failure is the one to repair. */
  ready(rules: TokenRules): Promise<void>
  readonly failure: Error | undefined
  health(): GuardHealth
  updateSecret(clientSecret: ClientSecret): void
  close(): Promise<void>
}

export function createRemoteIssuer({ at, entry }: IssuerEntry<RemoteIssuerOptions>, settings: RemoteIssuerSettings): RemoteIssuer {
  const { issuer, realm, tokenProfile = 'rfc9068', audience, credentials, jwksUri } = entry
  const { entitlementSeconds, staleIfErrorSeconds, fetch, clock, steadyClock, startTimer, random, reports, reportOnly } = settings
  const onError = (error: Error) => settings.onError(error, issuer)
  const { origin } = requireSecureUrl(`${at}issuer`, issuer)
  if (jwksUri !== undefined) requireSecureUrl(`${at}jwksUri`, jwksUri)
  if ((audience as unknown) === anyAudience)
    throw new TypeError(`"${at}audience" cannot be anyAudience: an API names its own audience, or tokens for other APIs would open it`)

  const ownCredentials = readCredentials(at, credentials, issuer)
  const tokens = createTokenProvider({ ...ownCredentials, scope: 'entitlements:read', fetch, random })
  const keys = createRemoteKeys({ issuer, fetch, clock: steadyClock, random, onError, jwksUri, startTimer })
  const entitlements = createRemoteEntitlements({
    issuer,
    audience,
    fetch: withBearer(fetch, tokens, { origins: [origin] }),
    freshSeconds: entitlementSeconds,
    maxAgeSeconds: Math.max(entitlementSeconds, staleIfErrorSeconds),
    clock: steadyClock,
    random,
    onError,
    onChanges(changes) {
      const news = keyNewsOf(changes)
      if (news) keys.follow(news)
    },
    onPull: () => feed?.start(),
  })
  const feed = settings.feed
    ? createRemoteFeed({
        issuer,
        tokens,
        mark: () => entitlements.mark,
        push: entitlements.push,
        onEnd: (askFrom) => entitlements.missFeedFrom(askFrom),
        clock: steadyClock,
        startTimer,
        random,
        onError,
      })
    : undefined
  let isOwnTokenChecked = false
  const failure = () => keys.failure ?? entitlements.failure ?? feed?.failure
  const secondsSince = (at: number | undefined) => toMilliseconds(at === undefined ? undefined : (steadyClock() - at) / 1000)

  const knowledge = () => ({
    mode: feed?.isKnown ? ('feed' as const) : ('pull' as const),
    connected: feed?.isConnected ?? false,
    revision: entitlements.revision ?? null,
    knownAsOfSeconds: toMilliseconds(entitlements.ageSeconds),
  })
  const reporting =
    reports &&
    createIssuerReporting({
      issuer,
      realm,
      credentials: ownCredentials,
      settings: reports,
      fetch,
      health: () => ({ ...knowledge(), reportOnlyUntil: reportOnly.ofGuard ?? null }),
      clock,
      steadyClock,
      startTimer,
      random,
      onError,
    })

  return {
    reporter: reporting?.reporter,
    options: {
      issuer,
      realm,
      publicUrl: entry.publicUrl ?? origin,
      tokenProfile,
      keys,
      entitlements,
      ...(audience !== undefined && { audience }),
      ...(entry.algorithms !== undefined && { algorithms: entry.algorithms }),
      ...(entry.scopes !== undefined && { scopes: entry.scopes }),
      ...(entry.capabilities !== undefined && { capabilities: entry.capabilities }),
    },
    onIssuedAhead: createClockAlarm(issuer, steadyClock, onError),
    async ready(rules) {
      reporting?.reporter.start()
      await keys.ready()
      await entitlements.ready()
      // Once, at the start, when the token has just been used: later ones need not be had, because the guard can decide without them.
      if (isOwnTokenChecked) return
      await checkOwnToken({ rules, clock, isAudienceKnown: entitlements.isAudienceKnown }, await tokens.getToken())
      isOwnTokenChecked = true
    },
    get failure() {
      return failure()
    },
    health: () => ({
      issuer,
      ...knowledge(),
      leaseLeftSeconds: toMilliseconds(entitlements.usableSeconds) ?? 0,
      lastEventSeconds: secondsSince(feed?.lastEventAt),
      failure: failure()?.message ?? null,
      reports: reporting?.reporter.health() ?? null,
      reportOnlyUntil: reportOnly.until(),
      reportOnlyPassed: reportOnly.passed,
    }),
    updateSecret(clientSecret) {
      tokens.updateSecret(clientSecret)
      entitlements.retryNow()
      feed?.retryNow()
      reporting?.tokens.updateSecret(clientSecret)
      reporting?.reporter.retryNow()
    },
    async close() {
      await Promise.all([feed?.close(), reporting?.reporter.close()])
    },
  }
}

/** For people and metrics: without digits that mean nothing. */
function toMilliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : Math.round(seconds * 1000) / 1000
}
