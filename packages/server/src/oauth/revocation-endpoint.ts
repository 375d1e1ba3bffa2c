// Token revocation (RFC 7009): a client revokes a token of its own. Other tokens, expired ones and nonsense get the same
// 200 and no effect, so the endpoint tells nothing about them.
import type { FastifyInstance } from 'fastify'
import type { Guard } from '@countersign/guard'
import { mountOAuthEndpoint, type OAuthContext } from './oauth-endpoint.ts'
import { OAuthError } from '../errors.ts'
import type { ApplyChange, Change } from '../change/apply-change.ts'
import { inspectToken } from './inspect-token.ts'

/** Revoked tokens are remembered until they expire, by every guard; this bounds what one organization can make them hold. */
const maxRevokedTokens = 1000

export function mountRevocationEndpoint(
  app: FastifyInstance,
  context: OAuthContext,
  guard: Guard,
  applyChange: ApplyChange,
  path: string,
): void {
  const { realm, audit } = context

  mountOAuthEndpoint(app, context, {
    path,
    endpoint: 'revocation',
    kind: 'token.revocation',
    answer: async ({ form, origin, authenticate }) => {
      const { client } = await authenticate()
      const verdict = await inspectToken(guard, form)
      const subject = { realm: realm.name, clientId: client.clientId, organizationId: client.organization.id, ...origin }
      if (verdict.valid && verdict.token.clientId === client.clientId) {
        const { tokenId, expiresAt } = verdict.token
        await applyChange({ kind: 'client', via: 'api', ...subject }, 'token.revocation', async ({ db, now, concerns }) => {
          concerns({ realm: realm.name, organizationId: client.organization.id, clientId: client.clientId }, { tokenId })
          await db.deleteFrom('revoked_tokens').where('expires_at', '<=', now).execute()
          await refuseTooMany(db, client.organization.id)
          await db
            .insertInto('revoked_tokens')
            .values({
              token_id: tokenId,
              realm: realm.name,
              organization_id: client.organization.id,
              expires_at: expiresAt * 1000,
              revoked_at: now,
            })
            .onConflict((conflict) => conflict.columns(['realm', 'token_id']).doNothing())
            .execute()
        })
      } else {
        const reason = verdict.valid ? 'token-of-another-client' : 'token-not-active'
        audit.noteDenial({ kind: 'token.revocation', outcome: 'refused', reason, ...subject })
      }
      return ''
    },
  })
}

async function refuseTooMany(db: Change['db'], organizationId: string): Promise<void> {
  const { count } = await db
    .selectFrom('revoked_tokens')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .executeTakeFirstOrThrow()
  if (count >= maxRevokedTokens)
    throw new OAuthError('too-many-token-requests', { reason: 'too-many-revoked-tokens', retryAfterSeconds: 60 })
}
