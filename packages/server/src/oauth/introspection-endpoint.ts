// Token introspection (RFC 7662): gives a client the claims of its organization's own tokens, and a resource server (a client
// with the scope entitlements:read) those of all tokens of the realm. Every other token is just "not active".
import type { FastifyInstance } from 'fastify'
import type { VerifiedToken } from '@countersign/guard'
import { reservedClaims, tokenProfiles, type OrganizationSummary, type TokenProfile } from '@countersign/protocol'
import type { ClientRecord } from '../cache/records.ts'
import { mountOAuthEndpoint, type OAuthContext } from './oauth-endpoint.ts'
import type { InspectToken } from './inspect-token.ts'

export function mountIntrospectionEndpoint(
  app: FastifyInstance,
  context: OAuthContext,
  inspectToken: InspectToken,
  paths: readonly string[],
): void {
  const profile: TokenProfile = tokenProfiles[context.realm.tokenProfile]
  mountOAuthEndpoint(app, context, {
    paths,
    endpoint: 'introspection',
    kind: 'token.introspection',
    judges: ['token'],
    answer: async ({ form, authenticate }) => {
      const { client } = await authenticate()
      const verdict = await inspectToken(client, form)
      if (!verdict.valid || !isActiveFor(client, verdict.entitlement.organization.rights)) return JSON.stringify({ active: false })
      return JSON.stringify({ ...grantedClaims(profile, form.token), ...describeToken(verdict.token) })
    },
  })
}

/** What grants have added to a valid token (RFC 7662 §2.2), and its audience: for APIs that decide by them and do not verify tokens themselves. */
function grantedClaims(profile: TokenProfile, token = ''): Record<string, unknown> {
  const [, payload = ''] = token.split('.', 2)
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>
  const reserved = reservedClaims(profile)
  return Object.fromEntries(Object.entries(claims).filter(([name]) => name === 'aud' || !reserved.has(name)))
}

function isActiveFor(client: ClientRecord, { id, status }: OrganizationSummary): boolean {
  return status === 'active' && (client.organization.id === id || client.scopes.includes('entitlements:read'))
}

function describeToken(token: VerifiedToken): Record<string, unknown> {
  return {
    active: true,
    scope: token.scope || undefined, // RFC 6749 §3.3 has no empty scope; Spring makes an authority of it.
    client_id: token.clientId,
    token_type: 'Bearer',
    exp: token.expiresAt,
    iat: token.issuedAt,
    sub: token.subject,
    iss: token.issuer,
    jti: token.tokenId,
  }
}
