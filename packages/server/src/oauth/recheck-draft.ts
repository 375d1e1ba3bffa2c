// Whether a drafted token may still be signed, after changes that this node has read while the audit row was being written.
import { parseScope } from '@countersign/protocol'
import type { Cache } from '../cache/cache.ts'
import { wasTakenAway, type AuthenticatedClient } from '../clients/authenticate-client.ts'
import type { TokenDraft } from '../token/draft-token.ts'

/**
 * Reads the client again and compares: its credential is still valid, it has every scope of the draft, the draft is for its
 * signing algorithm, and no cut rejects it. A
 * lifetime that was changed meanwhile applies to the next token, not to this draft.
 * @throws any error of the store
 */
export async function isDraftStillValid(
  cache: Pick<Cache, 'findClient' | 'readClient'>,
  authenticated: AuthenticatedClient,
  scope: string,
  draft: TokenDraft,
  now: number,
): Promise<boolean> {
  const { realm, clientId } = authenticated.client
  const client = cache.findClient(realm, clientId) ?? (await readAgain(cache, realm, clientId))
  if (!client || client.damage || wasTakenAway(client, authenticated, now)) return false
  if (client.signingAlgorithm !== authenticated.client.signingAlgorithm) return false
  if (draft.issuedAt < Math.max(client.tokensNotBefore, client.organization.tokensNotBefore)) return false
  return parseScope(scope).every((token) => client.scopes.includes(token))
}

async function readAgain(cache: Pick<Cache, 'readClient'>, realm: string, clientId: string) {
  const stored = await cache.readClient(realm, clientId)
  stored.remember()
  return stored.client
}
