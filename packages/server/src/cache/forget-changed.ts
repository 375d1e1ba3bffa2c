// Forgets what a change of this node or of another one makes outdated, and nothing else.
import type { SigningKeys } from '../keys/realm-keys.ts'
import type { LoggedChange } from '../store/change-log.ts'
import type { Cache } from './cache.ts'

/** The caches of a node. */
export interface Memory {
  readonly cache: Pick<Cache, 'forgetClient' | 'forgetRights' | 'forgetOrganization' | 'forgetRealm' | 'forgetClaimSets' | 'forgetAll'>
  readonly signingKeys: Pick<SigningKeys, 'reload' | 'reloadAll'>
}

/**
 * Resolves once requests are answered from the current state of the store. A change without a client that is not about rights alone is
 * one of another version of the server.
 * @throws any error of the store
 */
export async function forgetChanged(
  { cache, signingKeys }: Memory,
  { realm, organizationId, what, clientId }: LoggedChange,
): Promise<void> {
  if (what === 'keys') await signingKeys.reload(realm)
  else if (what === 'claims') await cache.forgetClaimSets()
  else if (what === 'partners') return // Only pages that list them show it.
  else if (organizationId === null) await cache.forgetRealm(realm)
  else if (what === 'rights') cache.forgetRights(organizationId)
  else if ((what === 'client' || what === 'token') && clientId !== null) cache.forgetClient(realm, clientId)
  else cache.forgetOrganization(organizationId)
}

/** Forgets every entry; used when it is not known what changed. @throws any error of the store */
export async function forgetEverything({ cache, signingKeys }: Memory): Promise<void> {
  await cache.forgetAll()
  await signingKeys.reloadAll()
}
