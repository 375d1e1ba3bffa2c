// Rate limit of an organization by its tier. Counted in this process unless the API has a counter of its own: then several
// processes share the limit, which else each of them allows in full.
import type { RateLimit } from '@countersign/protocol'

export interface RateState extends RateLimit {
  readonly remaining: number
  /** Seconds until the current window ends. A whole number, at least 1. */
  readonly resetSeconds: number
  /** Set if the request exceeds the limit. Whole seconds, at least 1. */
  readonly retryAfterSeconds?: number
}

/** Counts the requests of organizations; see the option `rates` of `createGuard`. */
export interface TierRates {
  /**
   * Counts one request unless it exceeds the limit. Throws or rejects where that is not known, which denies the request with 503.
   * @param issuer of the organization: a guard of several issuers may see the same id of two
   */
  take(organizationId: string, rateLimit: RateLimit, issuer: string): RateState | Promise<RateState>
}

interface Counter {
  windowMs: number
  /** When the current window began. */
  startedAt: number
  current: number
  previous: number
}

const cleanupIntervalMs = 60_000

/**
 * Sliding window counter: the previous window is weighted by its share of the last `windowSeconds`. A burst of the whole
 * limit passes, a second one right after the edge of the window does not. Denied requests are not counted.
 */
export function createTierRates(clock: () => number): { take(organizationId: string, rateLimit: RateLimit): RateState } {
  const counters = new Map<string, Counter>()
  let cleanedUpAt = -Infinity

  function forgetIdle(now: number): void {
    cleanedUpAt = now
    for (const [id, { startedAt, windowMs }] of counters) if (now - startedAt >= 2 * windowMs) counters.delete(id)
  }

  function take(organizationId: string, { tier, limit, windowSeconds: configuredSeconds }: RateLimit): RateState {
    const windowSeconds = Math.max(1, configuredSeconds) // A document may contain 0, which would divide by zero.
    const windowMs = windowSeconds * 1000
    const now = clock()
    if (Math.abs(now - cleanedUpAt) >= cleanupIntervalMs) forgetIdle(now)
    const elapsedMs = now % windowMs
    const counter = advance(counters.get(organizationId), now - elapsedMs, windowMs)
    counters.set(organizationId, counter)

    const used = counter.current + counter.previous * (1 - elapsedMs / windowMs)
    const resetSeconds = Math.ceil((windowMs - elapsedMs) / 1000)
    if (!(used < limit)) {
      const waitMs = msUntilOneMore(counter, limit, elapsedMs)
      const retryAfterSeconds = Math.ceil((waitMs + 1) / 1000) // After the moment, not at it.
      return { tier, limit, windowSeconds, resetSeconds, remaining: 0, retryAfterSeconds }
    }
    counter.current++
    return { tier, limit, windowSeconds, resetSeconds, remaining: Math.max(0, Math.ceil(limit - used - 1)) }
  }
  return { take }
}

/** In lower case. */
// oxlint-disable-next-line typescript/consistent-type-definitions -- An interface would be no record of texts.
export type RateHeaders = { readonly 'ratelimit-policy': string; readonly ratelimit: string }

/** The two header fields of draft-ietf-httpapi-ratelimit-headers. */
export function rateHeaders(state: RateState): RateHeaders {
  const { start, policy } = tierFieldsOf(state)
  // The short part first: an engine makes one piece of it, and flattens what is left in one pass.
  const rest = `${state.remaining};t=${state.resetSeconds}`
  return { 'ratelimit-policy': policy, ratelimit: start + rest }
}

/** What the fields of a tier have in common. */
interface TierFields extends RateLimit {
  readonly start: string
  readonly policy: string
}

/** Of the tiers seen last: a realm has few. */
const knownFields = new Map<string, TierFields>()
const maxKnownFields = 100

function tierFieldsOf({ tier, limit, windowSeconds }: RateLimit): TierFields {
  const known = knownFields.get(tier)
  if (known?.limit === limit && known.windowSeconds === windowSeconds) return known
  // A structured-field string (RFC 9651 §3.3.3), in which only printable ASCII can stand.
  const quoted = `"${tier.replace(/[^\x20-\x7E]/g, '').replace(/["\\]/g, '\\$&')}"`
  const fields = {
    tier,
    limit,
    windowSeconds,
    start: `${quoted};r=`,
    policy: `${quoted};q=${Math.floor(limit)};w=${Math.ceil(windowSeconds)}`,
  }
  if (knownFields.size >= maxKnownFields) knownFields.clear()
  knownFields.set(tier, fields)
  return fields
}

function advance(counter: Counter | undefined, startedAt: number, windowMs: number): Counter {
  if (counter?.windowMs !== windowMs) return { windowMs, startedAt, current: 0, previous: 0 }
  if (counter.startedAt === startedAt) return counter
  return { windowMs, startedAt, current: 0, previous: counter.startedAt === startedAt - windowMs ? counter.current : 0 }
}

/** Solves `used = limit` for the time: in this window by the decay of the one before, or in the next by its own. */
function msUntilOneMore({ windowMs, current, previous }: Counter, limit: number, elapsedMs: number): number {
  if (limit === 0) return windowMs
  if (current < limit) return (1 - (limit - current) / previous) * windowMs - elapsedMs
  return (2 - limit / current) * windowMs - elapsedMs
}
