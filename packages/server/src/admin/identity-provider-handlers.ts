// Operations on the identity provider of an organization.
import type { PortalRole } from '@countersign/admin'
import { requireFurtherScope } from '../operators/operator-authority.ts'
import { findOrganization } from '../organizations/lock-organization.ts'
import { describeIdp, removeIdp, setIdp } from '../people/set-idp.ts'
import { getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

export function identityProviderHandlers(context: AdminContext) {
  const { realms, db, keyRings, portalUrl, outbound } = context
  return {
    'identityProviders.get': async ({ params }) => {
      const realm = getRealm(realms, params.realm)
      return describeIdp(db, { portalUrl }, realm, await findOrganization({ db }, realm, params.organization))
    },
    'identityProviders.set': async ({ params, body }, change, by) => {
      // As for an invitation: what an operator cannot do itself it lets no person do.
      const permit = (roles: readonly PortalRole[]) => {
        if (roles.some((role) => role !== 'viewer')) requireFurtherScope(by, 'clients:write')
      }
      const ring = keyRings.keyEncryptionKey
      const realm = getRealm(realms, params.realm)
      return setIdp(change, { ring, portalUrl, permit }, realm, params.organization, body, outbound.findUrlFault(body.issuer))
    },
    'identityProviders.remove': async ({ params }, change) => {
      await removeIdp(change, getRealm(realms, params.realm), params.organization)
      return { deleted: true }
    },
  } satisfies Partial<AdminHandlers>
}
