// What the assertion of a client must say in a realm: for which audience it is, and how long it may be valid.
import type { Realm } from '../realms/realm.ts'

export interface AssertionRules {
  /** One of these is its audience. */
  readonly audiences: readonly string[]
  /** Whether the audience may also be a list of one. */
  readonly acceptsList: boolean
  /** How far ahead its expiry may be. Seconds. */
  readonly maxLifetimeSeconds: number
}

/** By how much the clocks of clients may differ from ours. Seconds. */
export const clockToleranceSeconds = 60

/**
 * RFC 7523 let an assertion name the token endpoint, or several audiences, so that another server could replay what it got
 * (draft-ietf-oauth-rfc7523bis §3). Clients of Keycloak do what that server tells them, and it has no limit for the lifetime.
 */
export function assertionRules({
  issuer,
  addresses,
  compatibility,
}: Pick<Realm, 'issuer' | 'addresses' | 'compatibility'>): AssertionRules {
  if (!compatibility.assertionAudience) return { audiences: [issuer], acceptsList: false, maxLifetimeSeconds: 300 }
  const audiences = [issuer, ...addresses.flatMap(({ url, tokenUrl }) => [url, tokenUrl])]
  return { audiences, acceptsList: true, maxLifetimeSeconds: 3600 }
}
