// GET /v1/me: what a client may know about itself. The server and guarded APIs build the same document from token and entitlement.
import type { CapabilityValue, Dpa, EntitlementDocument, OrganizationSummary, Partner, SecretSummary } from './entitlement.ts'

export interface MeDocument {
  readonly organization: OrganizationSummary
  readonly client: { readonly clientId: string; readonly realm: string; readonly secret: SecretSummary | null }
  readonly partners: readonly Partner[]
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

/** Builds the document. It has nothing of other clients, requestors, the rate limit and revocations, and of its own client the id and the secret. */
export function meDocument(realm: string, token: TokenOfMe, entitlement: EntitlementDocument): MeDocument {
  const client = entitlement.clients.find((candidate) => candidate.clientId === token.clientId)
  return {
    organization: entitlement.organization,
    client: { clientId: token.clientId, realm, secret: client?.secret ?? null },
    partners: entitlement.partners,
    capabilities: entitlement.capabilities,
    dpa: entitlement.dpa,
    token: { scope: token.scope, issuedAt: toInstant(token.issuedAt), expiresAt: toInstant(token.expiresAt) },
  }
}

function toInstant(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString()
}
