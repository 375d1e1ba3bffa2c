import { tokenProfiles } from '@countersign/protocol'
import type { Cache } from '../cache/cache.ts'
import type { Realm } from '../realms/realm.ts'

/** An audience that only grants of single clients name is not among them: its API is declared in "apis" (docs/tokens.md). */
export function audiencesOf({ name, tokenProfile, audience, apis }: Realm, claimSets: Cache['claimSets']): string[] | null {
  if (!tokenProfiles[tokenProfile].hasAudience) return []
  return audience === undefined ? null : [...new Set([audience, ...apis.keys(), ...claimSets.audiencesOf(name)])]
}
