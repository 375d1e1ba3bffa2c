// How many requests an organization may still send: its tier's limit, counted in this process only. Several processes in
// front of one API each allow the whole limit.
import type { RateLimit } from '@countersign/protocol'

export interface RateState extends RateLimit {
  readonly remaining: number
  /** Until the current window ends. Whole seconds, at least 1. */
  readonly resetSeconds: number
  /** Set where the request exceeds the limit. Whole seconds, at least 1. */
  readonly retryAfterSeconds?: number
}

interface Counter {
  windowSeconds: number
  /** The number of the window since the epoch. */
  window: number
  current: number
  previous: number
}

const sweepSeconds = 60

/**
 * Counts by two adjoining windows, the earlier one weighted by how much of it still lies within the last `windowSeconds`:
 * a burst of the whole limit is fine, the same again right after the edge is not. Refused requests are not counted.
 */
export function createTierRates(clock: () => number): (organizationId: string, rateLimit: RateLimit) => RateState {
  const counters = new Map<string, Counter>()
  let sweptAt = -Infinity

  return function take(organizationId, { tier, limit, windowSeconds }) {
    const now = clock() / 1000
    if (Math.abs(now - sweptAt) >= sweepSeconds) {
      sweptAt = now
      for (const [id, { window, windowSeconds }] of counters) if (now / windowSeconds - window >= 2) counters.delete(id)
    }
    const window = Math.floor(now / windowSeconds)
    const elapsed = now / windowSeconds - window
    const counter = advance(counters.get(organizationId), window, windowSeconds)
    counters.set(organizationId, counter)

    const used = counter.current + counter.previous * (1 - elapsed)
    const state = { tier, limit, windowSeconds, resetSeconds: Math.ceil((1 - elapsed) * windowSeconds) }
    if (used >= limit) {
      const wait = windowsUntilOneMore(counter, limit, elapsed) * windowSeconds
      return { ...state, remaining: 0, retryAfterSeconds: Math.floor(wait) + 1 } // After the moment, not at it.
    }
    counter.current++
    return { ...state, remaining: Math.max(0, Math.ceil(limit - used - 1)) }
  }
}

/** The two header fields of draft-ietf-httpapi-ratelimit-headers. */
export function rateHeaders({ tier, limit, windowSeconds, remaining, resetSeconds }: RateState): Record<string, string> {
  // A structured-field string (RFC 9651 §3.3.3), in which only printable ASCII can stand.
  const policy = `"${tier.replace(/[^\x20-\x7E]/g, '').replace(/["\\]/g, '\\$&')}"`
  return {
    'ratelimit-policy': `${policy};q=${Math.floor(limit)};w=${Math.ceil(windowSeconds)}`,
    ratelimit: `${policy};r=${remaining};t=${resetSeconds}`,
  }
}

function advance(counter: Counter | undefined, window: number, windowSeconds: number): Counter {
  if (counter?.windowSeconds !== windowSeconds) return { windowSeconds, window, current: 0, previous: 0 }
  if (counter.window === window) return counter
  return { windowSeconds, window, current: 0, previous: counter.window === window - 1 ? counter.current : 0 }
}

/** Solves `used = limit` for the time, in windows from now: in this window by its predecessor's decay, or in the next by its own. */
function windowsUntilOneMore({ current, previous }: Counter, limit: number, elapsed: number): number {
  if (limit === 0) return 1
  if (current < limit) return 1 - (limit - current) / previous - elapsed
  return 1 - elapsed + (1 - limit / current)
}
