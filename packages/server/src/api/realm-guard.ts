// The guard of one realm's own API, inside the process: keys and entitlements come from memory.
import { createGuard, type Guard } from '@countersign/guard'
import type { Clock } from '../clock.ts'
import type { Realm } from '../realms/realm.ts'
import type { Cache } from '../cache/cache.ts'
import type { RealmKeys } from '../keys/signing-keys.ts'

/** @param keys absent where the realm's key cannot be opened: then nobody can be told whether a token is good */
export function createRealmGuard(realm: Realm, keys: RealmKeys | undefined, cache: Cache, publicUrl: string, clock: Clock): Guard {
  return createGuard({
    issuer: realm.issuer,
    realm: realm.name,
    publicUrl,
    tokenProfile: realm.tokenProfile,
    ...(realm.audience !== undefined && { audience: realm.audience }),
    keys: {
      find(kid) {
        if (!keys) throw new Error(`The signing key of the realm "${realm.name}" cannot be opened`)
        return keys.verificationKeys.get(kid)
      },
    },
    entitlements: { find: ({ clientId }) => cache.findEntitlement(realm.name, clientId) },
    clockSkewSeconds: 0,
    clock,
  })
}
