// Operations on organizations and their capabilities.
import { removeCapability, setCapability } from '../organizations/capabilities.ts'
import {
  createOrganization,
  cutTokens,
  deleteOrganization,
  lowerCut,
  setStatus,
  updateOrganization,
} from '../organizations/organizations.ts'
import { changesOfOrganizations } from './change-organization.ts'
import { describeOrganization } from '../organizations/describe-organization.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'
import { listOrganizations } from './list-organizations.ts'

export function organizationHandlers(context: AdminContext) {
  const { realms, db, cache, clock } = context
  const changeOrganization = changesOfOrganizations(context)

  return {
    'organizations.create': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      return describeOrganization(change.db, cache, realm, await createOrganization(change, realm, body))
    },
    'organizations.list': ({ params, query }, { scopes }) => {
      const realm = getRealm(realms, params.realm)
      return listOrganizations(db, realm, query, { required: cache.requiredDpaVersion(realm.name), scopes, now: clock() })
    },
    'organizations.get': async ({ params }) => {
      const realm = getRealm(realms, params.realm)
      return describeOrganization(db, cache, realm, await getOrganizationId(db, realm, params.organization))
    },
    'organizations.update': ({ params, body }, change) =>
      changeOrganization(params, change, (realm, key) => updateOrganization(change, realm, key, body)),
    'organizations.suspend': ({ params, body }, change) =>
      changeOrganization(params, change, (realm, key) => setStatus(change, realm, key, 'suspended', body.reason)),
    'organizations.resume': ({ params }, change) =>
      changeOrganization(params, change, (realm, key) => setStatus(change, realm, key, 'active')),
    'organizations.cutTokens': ({ params, body }, change) =>
      changeOrganization(params, change, (realm, key) => cutTokens(change, realm, key, body.reason)),
    'organizations.lowerCut': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      const { id, lowered } = await lowerCut(change, realm, params.organization, body.reason)
      return { ...(await describeOrganization(change.db, cache, realm, id)), lowered }
    },
    'organizations.delete': async ({ params }, change) => {
      await deleteOrganization(change, getRealm(realms, params.realm), params.organization)
      return { deleted: true }
    },
    'capabilities.set': ({ params, body }, change) =>
      changeOrganization(params, change, (realm, key) => setCapability(change, realm, key, params.capability, body.value)),
    'capabilities.remove': ({ params }, change) =>
      changeOrganization(params, change, (realm, key) => removeCapability(change, realm, key, params.capability)),
  } satisfies Partial<AdminHandlers>
}
