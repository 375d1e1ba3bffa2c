// The guard of one realm's own API, inside the process: keys come from RealmKeys, entitlements from the cache.
import { anyAudience, createGuard, type Guard, type TierRates } from '@countersign/guard'
import type { Clock } from '../clock.ts'
import { toleratedDifferenceMs } from '../clock-verdict.ts'
import { tokenProfiles } from '@countersign/protocol'
import { adminAudience, operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import type { Cache } from '../cache/cache.ts'
import type { RealmKeys } from '../keys/realm-keys.ts'

/**
 * Two nodes may each differ from the database, in opposite directions: a token that one of them has just issued is from the future for
 * the other. What the correction leaves is far less (clock-difference.ts), but it needs a database that answers.
 */
const differenceOfNodesSeconds = (2 * toleratedDifferenceMs) / 1000

export interface RealmGuardOptions {
  readonly keys: RealmKeys
  readonly cache: Cache
  readonly publicUrl: string
  readonly clock: Clock
  /** Default: counted in this process, by this guard. */
  readonly rates?: TierRates
}

/** @param audience that tokens must have; by default any, because all tokens of the realm are the server's own */
export function createRealmGuard(
  realm: Realm,
  { keys, cache, publicUrl, clock, rates }: RealmGuardOptions,
  audience = audienceOf(realm),
): Guard {
  return createGuard({
    issuer: realm.issuer,
    realm: realm.name,
    publicUrl,
    tokenProfile: realm.tokenProfile,
    ...(audience !== undefined && { audience }),
    keys,
    entitlements: { find: ({ clientId }, wanted) => cache.findEntitlement(realm.name, clientId, wanted) },
    scopes: realm.scopes,
    capabilities: Object.keys(realm.capabilities),
    clockSkewSeconds: 0,
    issuedAheadSeconds: differenceOfNodesSeconds,
    clock,
    ...(rates && { rates }),
  })
}

/**
 * The server issued every token of the realm, and its endpoints for token holders are of all of them: a token for any of the realm's APIs,
 * or with the audience of a grant, or with none, belongs to its client here as well. It opens nothing but what is the client's own. The
 * realm of the operators has one API, the admin API: its tokens open everything, so a token for anything else must not.
 */
function audienceOf({ name, audience }: Realm): string | typeof anyAudience | undefined {
  return name === operatorsRealmName ? audience : anyAudience
}

/**
 * For the tokens of operators that live in the realm: only those that were issued for the admin API, because an API that gets another one
 * could use it here. Tokens without audiences are all alike.
 */
export function createRealmGuardForAdmin(realm: Realm, options: RealmGuardOptions): Guard {
  return createRealmGuard(realm, options, tokenProfiles[realm.tokenProfile].hasAudience ? adminAudience : anyAudience)
}
