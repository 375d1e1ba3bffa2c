// GET /v1/me: what a client may know about itself. The server and guarded APIs build the same document from token and entitlement.
import type { CapabilityValue, Dpa, EntitlementDocument, OrganizationSummary, Partner, SecretSummary } from './entitlement.ts'

export interface MeDocument {
  readonly organization: OrganizationSummary
  readonly client: { readonly clientId: string; readonly realm: string; readonly secret: SecretSummary | null }
  /** All partners; empty if there are more than the entitlement document lists. */
  readonly partners: readonly Partner[]
  /** Present instead of the list: how many there are, and where they are listed in pages. */
  readonly partnersTotal?: number
  readonly partnersUrl?: string
  readonly capabilities: Readonly<Record<string, CapabilityValue>>
  readonly dpa: Dpa
  readonly token: { readonly scope: string; readonly issuedAt: string; readonly expiresAt: string }
}

/** The members of a verified token that go into the document. Instants are seconds since the epoch. */
export interface TokenOfMe {
  readonly clientId: string
  readonly scope: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/**
 * Builds the document. It has nothing of requestors, the rate limit and revocations, and of its client the id and the secret.
 * @param issuer of the realm, the base of the list of partners
 */
export function meDocument(
  { realm, issuer }: { readonly realm: string; readonly issuer: string },
  token: TokenOfMe,
  { organization, client }: Pick<EntitlementDocument, 'organization' | 'client'>,
): MeDocument {
  const { id, slug, name, status, partners, capabilities, dpa } = organization
  return {
    organization: { id, slug, name, status },
    client: { clientId: token.clientId, realm, secret: client.secret },
    partners: partners.list ?? [],
    ...(!partners.list && { partnersTotal: partners.total, partnersUrl: `${issuer.replace(/\/$/, '')}/v1/me/partners` }),
    capabilities,
    dpa,
    token: { scope: token.scope, issuedAt: toInstant(token.issuedAt), expiresAt: toInstant(token.expiresAt) },
  }
}

function toInstant(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString()
}
