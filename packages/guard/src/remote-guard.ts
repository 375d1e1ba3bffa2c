// A guard for an API outside the authorization servers whose tokens it accepts: keys and entitlements come over HTTP.
import type { ClientSecret } from '@countersign/client'
import { refuseUnknownOptions } from '@countersign/protocol'
import type { GuardRequest, UnexplainedDenial } from './access.ts'
import type { SettleOptions } from './decision-reporter.ts'
import type { Fetch } from './fetch-json.ts'
import { createWatchedGuard, type Guard } from './guard.ts'
import { reportedRequirement, type GuardDecision } from './guard-decision.ts'
import { readGuardOptions, type GuardOptions, type GuardSettings, type MultiIssuerGuardOptions } from './guard-options.ts'
import { listIssuers } from './issuer-list.ts'
import type { ReportSettings } from './issuer-reporting.ts'
import { createRemoteIssuer, type GuardHealth, type RemoteIssuer, type RemoteIssuerOptions } from './remote-issuer.ts'
import type { ReportOnly } from './report-only.ts'
import { createReportOnlyClock } from './report-only-clock.ts'
import { createReportOnlyState } from './report-only-state.ts'
import { countGuard } from './repeated-guards.ts'
import type { Requirement } from './requirement.ts'
import { createGuardName } from './request-ids.ts'
import { createSteadyClock } from './steady-clock.ts'
import type { TierRates } from './tier-rate.ts'
import { startUnrefTimer } from './unref-timer.ts'

/** What all issuers of a remote guard share. */
export interface RemoteGuardSettings {
  /** How long a token is accepted after its expiry. 0 to 60, default 5. */
  readonly clockSkewSeconds?: number
  /**
   * How far the clock of this machine may be behind that of a server: a token whose `iat` or `nbf` is further ahead is denied, and
   * `onError` is told by how much, at most once a minute. Does not extend the lifetime of a token. 0 to 60, default 60.
   */
  readonly issuedAheadSeconds?: number
  /**
   * The pause between two requests for what changed in the realm, so a withdrawn partner or a revoked token stops working within it and
   * the second that a node of the server may be behind. 0 to 86,400, default 5; 0 asks before each decision. While the feed says it at
   * least that often, there are no requests.
   */
  readonly entitlementSeconds?: number
  /**
   * While the server or its store cannot be reached: until when what it knew last is used, counted from when the server itself last knew
   * it. Not added to `entitlementSeconds`; the larger of the two counts. Then decisions are denied with 503. 0 to 86,400, default 300.
   */
  readonly staleIfErrorSeconds?: number
  /** Counts requests against the tiers. Default: in this process, so several processes of one API allow the whole limit each. */
  readonly rates?: TierRates
  readonly fetch?: Fetch
  /**
   * Whether the guard holds a connection to each server, over which changes arrive at once; without it, or while it is cut, the guard asks.
   * False where no connection lasts, as in workers and functions. Default: true, but false with a `fetch` of your own, which the connection
   * does not use. It is made with `node:http` or `node:https`; a runtime without them has none.
   */
  readonly feed?: boolean
  /** Milliseconds since the epoch. */
  readonly clock?: () => number
  /** A number in [0, 1), default `Math.random`; spreads retries, and need not be cryptographically secure. */
  readonly random?: () => number
  /**
   * Called with a RemoteGuardError whenever keys, changes or an entitlement could not be fetched, also while cached ones are still used,
   * and with a ClockBehindError if tokens are denied because the clock of this machine is behind; also for a key of the issuer that must
   * not be used, if the guard may not report or a report is refused, and if `reportOnly` has ended: the place for an alarm. `issuer` is the one that the error is about.
   */
  readonly onError?: (error: Error, issuer: string) => void
  /**
   * Whether the guard tells each server what it denied and how much it allowed, by which the provider explains a refusal and sees the usage. Its
   * client needs the scope `decisions:write` for it. `api` is how this API calls itself there: letters, digits, `.`, `_` and `-`. Default: true.
   */
  readonly reports?: boolean | { readonly api?: string }
  /** As in `createGuard`. */
  readonly onDecision?: (decision: GuardDecision) => unknown
  /** As in `createGuard`: until then requests that would be denied are only reported, and pass. */
  readonly reportOnly?: ReportOnly
}

/** A remote guard of one issuer. */
export interface RemoteGuardOptions extends RemoteIssuerOptions, RemoteGuardSettings {}

/** A remote guard of several issuers: see `MultiIssuerGuardOptions`. */
export interface MultiIssuerRemoteGuardOptions extends RemoteGuardSettings {
  /** At least one, each once. Each is asked with its own credentials; one that cannot be reached does not stop the tokens of the others. */
  readonly issuers: readonly RemoteIssuerOptions[]
}

export interface RemoteGuard extends Guard {
  /**
   * For the start and for a readiness check: fetches the keys, a token of the guard's own, and what changed in the realm, unless it has
   * them, and checks once whether it would accept that token. Resolves if the guard can decide, which it also can while the server is away
   * for a time (`staleIfErrorSeconds`).
   * @param issuer asks only this one. Without it all are asked, and the first of the list that fails rejects.
   * @throws RemoteGuardError that says which of URL, issuer, audience, network, credentials, scope and profile is wrong, and what to do next.
   */
  ready(issuer?: string): Promise<void>
  /**
   * Why the server could not be asked last, or that its tokens have another audience, as `ready()` and `onError` say it; `undefined` if it
   * could. The guard may still decide.
   * @param issuer asks only this one. Without it, the failure of the first of the list that has one.
   */
  lastFailure(issuer?: string): Error | undefined
  /** What the guard knows of each issuer, in the order of the options: for a health check, a metric or a log. Asks nothing. */
  health(): readonly GuardHealth[]
  /**
   * For a gateway, which denies requests before it asks the guard: reports the denial as if it were one of the guard. Decides nothing.
   * @param denial its `detail` is a text of the gateway, without anything that a caller chose
   */
  reportDenial(denial: UnexplainedDenial, request: GuardRequest): void
  /**
   * Where the runtime stops between requests, as in workers and functions: sends what is due to be reported, and resolves when nothing is
   * under way that the guard began beside the requests. Let each request wait for it, as the adapters do where they are told how. Never rejects.
   */
  settle(how?: SettleOptions): Promise<void>
  /**
   * Closes the connections to the servers and sends what is left to report, for two seconds at most; resolves when that is done. Decisions are
   * still possible: they ask, as without a feed, and are not reported.
   * A process ends without this, too.
   */
  close(): Promise<void>
  /**
   * Uses another secret from now on, for credentials whose `clientSecret` is not a function. The next request to the server proves it.
   * @param issuer whose credentials; required if the guard has several
   * @throws TypeError if `clientSecret` is invalid, or if the issuer is not clear.
   */
  updateSecret(clientSecret: ClientSecret, issuer?: string): void
}

const ofIssuer = [
  'issuer',
  'realm',
  'tokenProfile',
  'audience',
  'algorithms',
  'publicUrl',
  'credentials',
  'scopes',
  'capabilities',
  'jwksUri',
] satisfies (keyof RemoteIssuerOptions)[]
const shared = [
  'clockSkewSeconds',
  'issuedAheadSeconds',
  'entitlementSeconds',
  'staleIfErrorSeconds',
  'rates',
  'fetch',
  'feed',
  'clock',
  'random',
  'onError',
  'reports',
  'onDecision',
  'reportOnly',
] satisfies (keyof RemoteGuardSettings)[]

/** What does not end within this, beyond the wait that was asked for, does not end: workers drop what belongs to a request that was cut off. */
const settleMs = 15_000

/**
 * Creates a guard that fetches keys and entitlements from the authorization server, beginning with the first request. From then
 * on it holds a connection to each server, until `close()`.
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
export function createRemoteGuard(options: RemoteGuardOptions | MultiIssuerRemoteGuardOptions): RemoteGuard {
  const entries = listIssuers<RemoteIssuerOptions>('createRemoteGuard', options, { ofIssuer, shared })
  const { entitlementSeconds = 5, staleIfErrorSeconds = 300 } = options
  const {
    fetch = globalThis.fetch,
    feed = options.fetch === undefined,
    clock = Date.now,
    random = Math.random,
    onError = () => {},
  } = options
  requireSeconds('entitlementSeconds', entitlementSeconds)
  requireSeconds('staleIfErrorSeconds', staleIfErrorSeconds)
  if (typeof feed !== 'boolean') throw new TypeError(`"feed" is not true or false`)
  const steadyClock = createSteadyClock(clock)
  const reportOnly = createReportOnlyState(createReportOnlyClock(clock), (error) => onError(error, entries[0]!.entry.issuer))
  const common = {
    entitlementSeconds,
    staleIfErrorSeconds,
    fetch,
    feed,
    clock,
    steadyClock,
    startTimer: startUnrefTimer,
    random,
    onError,
    reports: readReports(options.reports, options.fetch === undefined),
    reportOnly,
  }
  const remoteOf = new Map(entries.map((each) => [each.entry.issuer, createRemoteIssuer(each, common)]))
  const remotes = [...remoteOf.values()] as [RemoteIssuer, ...RemoteIssuer[]]

  const guardOptions = toGuardOptions(options, remotes, {
    clock,
    issuedAheadSeconds: options.issuedAheadSeconds ?? 60,
    onIssuedAhead: (seconds, issuer) => remoteOf.get(issuer)?.onIssuedAhead(seconds),
    ...(options.clockSkewSeconds !== undefined && { clockSkewSeconds: options.clockSkewSeconds }),
    ...(options.rates !== undefined && { rates: options.rates }),
    ...(options.onDecision !== undefined && { onDecision: options.onDecision }),
    ...(options.reportOnly !== undefined && { reportOnly: options.reportOnly }),
  })
  const [firstRemote] = remotes
  // With a `fetch` or a clock of its own it is one of a test.
  if (options.fetch === undefined && options.clock === undefined) for (const { entry } of entries) countGuard(entry.issuer)
  const reporterOf = (issuer: string | undefined) => (remoteOf.get(issuer ?? '') ?? firstRemote).reporter
  const guard = createWatchedGuard(guardOptions, {
    allowed: (request, access) => reporterOf(access.token.issuer)?.allowed(request, access),
    denied(decision, denial) {
      if (denial.reportOnly) reportOnly.passed++
      reporterOf(denial.issuer)?.denied(decision)
    },
    checked(requirement, route) {
      reportOnly.noteRoute(requirement.reportOnlyUntil)
      if (!route) return
      const [requires, reportOnlyUntil] = [reportedRequirement(requirement), requirement.reportOnlyUntil ?? null]
      for (const { reporter } of remotes) reporter?.register({ ...route, requires, reportOnlyUntil })
    },
  })
  const { issuers: rules, reportOnlyUntil } = readGuardOptions(guardOptions)
  const rulesOf = new Map(rules.map((each) => [each.issuer, each]))
  reportOnly.noteGuard(reportOnlyUntil)

  /** Those that are meant. */
  function chosen(issuer: string | undefined): readonly RemoteIssuer[] {
    if (issuer === undefined) return remotes
    const remote = remoteOf.get(issuer)
    if (!remote) throw new TypeError('This is none of the issuers of the guard')
    return [remote]
  }

  return Object.freeze({
    ...guard,
    async ready(issuer?: string) {
      const asked = chosen(issuer).map((remote) => remote.ready(rulesOf.get(remote.options.issuer)!))
      // All to their end, so that one that fails does not leave the others without keys.
      for (const outcome of await Promise.allSettled(asked)) if (outcome.status === 'rejected') throw outcome.reason
    },
    lastFailure: (issuer?: string) => chosen(issuer).find(({ failure }) => failure)?.failure,
    health: () => remotes.map((remote) => remote.health()),
    reportDenial(denial: UnexplainedDenial, request: GuardRequest) {
      const explained = guard.explainDenial(denial, request, noRequirement)
      reporterOf(denial.issuer)?.denied(guard.describeDecision(request, noRequirement, explained))
    },
    async settle(how: SettleOptions = {}) {
      const settled = Promise.allSettled(remotes.map((remote) => remote.settle(how)))
      let stopWaiting = () => {}
      const tooLate = new Promise<void>((resolve) => (stopWaiting = startUnrefTimer(resolve, (how.waitSeconds ?? 0) * 1000 + settleMs)))
      await Promise.race([settled, tooLate])
      stopWaiting()
    },
    async close() {
      await Promise.all(remotes.map((remote) => remote.close()))
    },
    updateSecret(clientSecret: ClientSecret, issuer?: string) {
      const [remote, ...others] = chosen(issuer) as [RemoteIssuer, ...RemoteIssuer[]]
      if (others.length > 0) throw new TypeError('The guard has several issuers: name the one whose secret this is as the second argument')
      remote.updateSecret(clientSecret)
    },
  })
}

const noRequirement: Requirement = Object.freeze({})

/** In the form that the caller chose, so that messages name the options as they are written. */
function toGuardOptions(
  options: RemoteGuardOptions | MultiIssuerRemoteGuardOptions,
  remotes: readonly [RemoteIssuer, ...RemoteIssuer[]],
  settings: GuardSettings,
): GuardOptions | MultiIssuerGuardOptions {
  if ('issuers' in options && options.issuers !== undefined) return { ...settings, issuers: remotes.map((remote) => remote.options) }
  return { ...settings, ...remotes[0].options }
}

/** @throws TypeError for a name that the server would not take. */
function readReports(reports: RemoteGuardSettings['reports'] = true, hasTimers: boolean): ReportSettings | undefined {
  if (reports === false) return undefined
  if (reports !== true && (typeof reports !== 'object' || reports === null))
    throw new TypeError('"reports" is neither true, false nor { api: "…" }')
  const { api = null } = reports === true ? {} : reports
  if (reports !== true) refuseUnknownOptions('reports', reports, ['api'])
  if (api !== null && !(typeof api === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(api)))
    throw new TypeError('"reports.api" is not a name of 1 to 64 letters, digits, ".", "_" and "-"')
  return { guard: createGuardName(), api, hasTimers }
}

function requireSeconds(name: string, seconds: number): void {
  if (!Number.isFinite(seconds) || seconds < 0 || seconds > 86_400) throw new TypeError(`"${name}" is not a number from 0 to 86400`)
}
