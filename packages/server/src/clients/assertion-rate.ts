// How often a client may authenticate by assertions at one node. Each use is a row that stays until the assertion has expired, so the rate
// bounds what a client can make the table grow to: 100 a second for six minutes are 36,000 rows for each node; for an hour, which
// assertionAudience allows, 366,000.
import { BoundedMap } from '../cache/bounded-map.ts'
import { OAuthError } from '../errors.ts'

const perSecond = 100
const burst = 1000
/** Clients that are counted at a time; a client that is forgotten starts with a full burst. */
const countedClients = 10_000

/** Counts a use. @throws OAuthError `too-many-token-requests` */
export type CountAssertion = (client: string, now: number) => void

export function createAssertionRate(): CountAssertion {
  const counted = new BoundedMap<{ left: number; at: number }>(countedClients)
  return (client, now) => {
    const { left, at } = counted.get(client) ?? { left: burst, at: now }
    const available = Math.min(burst, left + (Math.max(0, now - at) / 1000) * perSecond)
    if (available < 1) throw new OAuthError('too-many-token-requests', { reason: 'assertion-rate-exceeded', retryAfterSeconds: 1 })
    counted.set(client, { left: available - 1, at: Math.max(now, at) })
  }
}
