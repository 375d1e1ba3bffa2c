// When a token is renewed: pure arithmetic.

/**
 * `spread` after a cold start or a disturbance, `steady` when one renewal follows the other.
 *
 * Instances that were deployed together would always renew together. The first renewal is therefore spread over the last
 * three quarters of its delay; after that the fleet is spread over the whole period, and 5 % of jitter keeps it so. The
 * cost is one early renewal per start. The same holds after an outage, a revoked token or a new secret, which also
 * synchronize a fleet.
 */
export type RefreshPace = 'spread' | 'steady'

const jitterShare: Record<RefreshPace, number> = { spread: 0.75, steady: 0.05 }

/**
 * Milliseconds from the request for a token to its renewal: a minute before expiry, but not before 50 % of the lifetime and
 * not after 85 % of it (300 s: 240 s; 3600 s: 3060 s; 5 s: 2.5 s), minus jitter.
 */
export function refreshDelayMs(lifetimeMs: number, pace: RefreshPace, random: () => number): number {
  const latestMs = Math.max(0.5 * lifetimeMs, Math.min(0.85 * lifetimeMs, lifetimeMs - 60_000))
  return latestMs * (1 - jitterShare[pace] * random())
}

/** The last part of a lifetime, in which a request with the token may arrive too late. Milliseconds. */
export function lastSecondsMs(lifetimeMs: number): number {
  return Math.min(5000, 0.1 * lifetimeMs)
}

/** A rejection is rarely about a token that was issued this recently, so it is not a reason to request one token after the other. */
export const youngTokenSeconds = 30

/**
 * How long a token that replaced a rejected one is kept, whatever is said about it: a hundredth of its lifetime, 1 to 30 s. An API that
 * rejects every token causes one token request in that time (decisions/063).
 */
export function keptMs(lifetimeMs: number): number {
  return Math.min(Math.max(1000, lifetimeMs / 100), youngTokenSeconds * 1000)
}
