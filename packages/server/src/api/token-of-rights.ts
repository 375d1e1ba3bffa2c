// What a client may do without a token at hand: as with one that was issued now.
import type { Entitlement, VerifiedToken } from '@countersign/guard'
import { formatScope } from '@countersign/protocol'

/** Stands for a token in a pure decision; it has no id, no key and no dates. */
export function tokenOfRights({ client: { rights }, organization }: Entitlement, scopes: ReadonlySet<string>): VerifiedToken {
  return {
    issuer: '',
    clientId: rights.clientId,
    subject: rights.subject,
    organizationId: organization.rights.id,
    scope: formatScope([...scopes]),
    scopes,
    tokenId: '',
    issuedAt: 0,
    expiresAt: 0,
    keyId: '',
  }
}
