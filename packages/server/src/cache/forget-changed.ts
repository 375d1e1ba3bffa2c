// What a node does when it hears of a change, its own or another node's: what memory held of it is no longer true.
import type { SigningKeys } from '../keys/realm-keys.ts'
import type { LoggedChange } from '../store/change-log.ts'
import type { Cache } from './cache.ts'

/** What a node remembers of the store. */
export interface Memory {
  readonly cache: Pick<Cache, 'forget' | 'forgetRealm' | 'forgetAll'>
  readonly signingKeys: Pick<SigningKeys, 'reload' | 'reloadAll'>
}

/**
 * Resolves once requests are answered by what the store has now. A client or a token is forgotten with its organization, whose
 * entitlement names both. @throws whatever the store throws
 */
export async function forgetChanged({ cache, signingKeys }: Memory, { realm, organizationId, what }: LoggedChange): Promise<void> {
  if (what === 'keys') await signingKeys.reload(realm)
  else if (organizationId === null) await cache.forgetRealm(realm)
  else cache.forget(organizationId)
}

/** Where it is not known what changed. @throws whatever the store throws */
export async function forgetEverything({ cache, signingKeys }: Memory): Promise<void> {
  await cache.forgetAll()
  await signingKeys.reloadAll()
}
