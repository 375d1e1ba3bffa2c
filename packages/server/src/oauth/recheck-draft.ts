// Whether a drafted token may still be signed, after changes that this node has read while the audit row was being written.
import type { Cache } from '../cache/cache.ts'
import { wasTakenAway, type AuthenticatedClient } from '../clients/authenticate-client.ts'
import type { TokenDraft } from '../token/draft-token.ts'
import type { Granted } from '../token/grant-scope.ts'

/**
 * Reads the client again and compares: its credential is still valid, it has every scope of the draft, says the same in
 * its tokens, by the same signing algorithm, and no cut rejects the draft. A
 * lifetime that was changed meanwhile applies to the next token, not to this draft.
 * @throws any error of the store
 */
export async function isDraftStillValid(
  cache: Pick<Cache, 'findClient' | 'readClient' | 'claimSets'>,
  authenticated: AuthenticatedClient,
  granted: Granted,
  draft: TokenDraft,
  now: number,
): Promise<boolean> {
  const { realm, clientId, grants, subject } = authenticated.client
  const client = cache.findClient(realm, clientId) ?? (await readAgain(cache, realm, clientId))
  if (!client || client.damage || wasTakenAway(client, authenticated, now)) return false
  if (client.signingAlgorithm !== authenticated.client.signingAlgorithm) return false
  if (draft.issuedAt < Math.max(client.tokensNotBefore, client.organization.tokensNotBefore)) return false
  if (client.grants !== grants || client.subject !== subject || draft.claimsVersion !== cache.claimSets.version) return false
  return granted.scopes.every((scope) => client.scopes.includes(scope))
}

async function readAgain(cache: Pick<Cache, 'readClient'>, realm: string, clientId: string) {
  const stored = await cache.readClient(realm, clientId)
  stored.remember()
  return stored.client
}
