// Token introspection (RFC 7662): gives a client the claims of its organization's own tokens, and a resource server (a client
// with the scope entitlements:read) those of all tokens of the realm. Every other token is just "not active".
import type { FastifyInstance } from 'fastify'
import type { Guard, VerifiedToken } from '@countersign/guard'
import type { OrganizationSummary } from '@countersign/protocol'
import type { ClientRecord } from '../cache/records.ts'
import { mountOAuthEndpoint, type OAuthContext } from './oauth-endpoint.ts'
import { inspectToken } from './inspect-token.ts'

export function mountIntrospectionEndpoint(app: FastifyInstance, context: OAuthContext, guard: Guard, paths: readonly string[]): void {
  mountOAuthEndpoint(app, context, {
    paths,
    endpoint: 'introspection',
    kind: 'token.introspection',
    judges: ['token'],
    answer: async ({ form, authenticate }) => {
      const { client } = await authenticate()
      const verdict = await inspectToken(guard, form)
      if (!verdict.valid || !isActiveFor(client, verdict.entitlement.organization.rights)) return JSON.stringify({ active: false })
      return JSON.stringify(describeToken(verdict.token, context.realm.audience))
    },
  })
}

function isActiveFor(client: ClientRecord, { id, status }: OrganizationSummary): boolean {
  return status === 'active' && (client.organization.id === id || client.scopes.includes('entitlements:read'))
}

function describeToken(token: VerifiedToken, audience: string | undefined): Record<string, unknown> {
  return {
    active: true,
    scope: token.scope || undefined, // RFC 6749 §3.3 has no empty scope; Spring makes an authority of it.
    client_id: token.clientId,
    token_type: 'Bearer',
    exp: token.expiresAt,
    iat: token.issuedAt,
    sub: token.subject,
    aud: audience,
    iss: token.issuer,
    jti: token.tokenId,
  }
}
