// Token revocation (RFC 7009): a client revokes its own token. Tokens of other clients, expired tokens and texts that are no token get the
// same 200 and have no effect, so the endpoint discloses nothing about them.
import type { FastifyInstance } from 'fastify'
import { mountOAuthEndpoint, type OAuthContext } from './oauth-endpoint.ts'
import type { Actor, ApplyChange } from '../change/apply-change.ts'
import type { InspectToken } from './inspect-token.ts'
import { revokeToken } from '../revocation/revoke-token.ts'

export function mountRevocationEndpoint(
  app: FastifyInstance,
  context: OAuthContext,
  inspectToken: InspectToken,
  applyChange: ApplyChange,
  paths: readonly string[],
): void {
  const { realm, audit } = context

  mountOAuthEndpoint(app, context, {
    paths,
    endpoint: 'revocation',
    kind: 'token.revocation',
    judges: ['token'],
    answer: async ({ form, origin, authenticate }) => {
      const { client } = await authenticate()
      const verdict = await inspectToken(client, form)
      const subject = { realm: realm.name, clientId: client.clientId, organizationId: client.organization.id, ...origin }
      if (verdict.valid && verdict.token.clientId === client.clientId) {
        const { token } = verdict
        const actor: Actor = { kind: 'client', via: 'api', ...subject }
        const revocation = await applyChange(actor, 'token.revocation', (change) => revokeToken(change, client, token))
        return revocation.revoked === 'token' ? '' : describeCut(revocation.tokensNotBefore)
      }
      const reason = verdict.valid ? 'token-of-another-client' : 'token-not-active'
      audit.noteDenial({ kind: 'token.revocation', outcome: 'refused', reason, ...subject })
      return ''
    },
  })
}

/** RFC 7009 §2.2: the status alone says that the token is revoked; the body is for people and logs. */
function describeCut(tokensNotBefore: number): string {
  return JSON.stringify({
    revoked: 'every_token',
    tokens_not_before: tokensNotBefore,
    detail:
      'There are too many revoked tokens that have not expired yet, so every token that was issued to this client before now is revoked. Request a new one.',
  })
}
