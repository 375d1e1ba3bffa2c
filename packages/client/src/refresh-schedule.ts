// When a token is renewed: pure arithmetic.

/**
 * `spread` after a cold start or a disturbance, `steady` when one renewal follows the other.
 *
 * Instances that were deployed together would renew together for ever, each time at the end of the same minute. So the
 * first renewal comes anywhere in the last three quarters of its time, which is once and for all: after that the fleet is
 * spread over the whole period, and a few percent of jitter keep it so. The price is, per start, one renewal that comes
 * early. The same holds after an outage, a withdrawn token or a new secret, which also make a fleet march in step.
 */
export type RefreshPace = 'spread' | 'steady'

const jitterShare: Record<RefreshPace, number> = { spread: 0.75, steady: 0.05 }

/**
 * Milliseconds from the receipt of a token to its renewal: a minute before the end, but not before half of the lifetime,
 * and not after 85 % of it (300 s: 240 s; 3600 s: 3060 s; 5 s: 2.5 s), minus jitter.
 */
export function refreshDelayMs(lifetimeMs: number, pace: RefreshPace, random: () => number): number {
  const latestMs = Math.max(0.5 * lifetimeMs, Math.min(0.85 * lifetimeMs, lifetimeMs - 60_000))
  return latestMs * (1 - jitterShare[pace] * random())
}
