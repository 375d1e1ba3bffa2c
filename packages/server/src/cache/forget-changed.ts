// Clears the cache entries that a change of this node or of another one makes outdated.
import type { SigningKeys } from '../keys/realm-keys.ts'
import type { LoggedChange } from '../store/change-log.ts'
import type { Cache } from './cache.ts'

/** The caches of a node. */
export interface Memory {
  readonly cache: Pick<Cache, 'forget' | 'forgetRealm' | 'forgetAll'>
  readonly signingKeys: Pick<SigningKeys, 'reload' | 'reloadAll'>
}

/**
 * Resolves once requests are answered from the current state of the store. A change to a client or a token clears the entry of its
 * organization, because the entitlement contains its clients and the ids of its revoked tokens.
 * @throws any error of the store
 */
export async function forgetChanged({ cache, signingKeys }: Memory, { realm, organizationId, what }: LoggedChange): Promise<void> {
  if (what === 'keys') await signingKeys.reload(realm)
  else if (organizationId === null) await cache.forgetRealm(realm)
  else cache.forget(organizationId)
}

/** Clears every entry; used when it is not known what changed. @throws any error of the store */
export async function forgetEverything({ cache, signingKeys }: Memory): Promise<void> {
  await cache.forgetAll()
  await signingKeys.reloadAll()
}
