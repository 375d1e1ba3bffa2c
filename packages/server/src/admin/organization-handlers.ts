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
import { describeOrganization, summarizeOrganization } from '../organizations/describe-organization.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'
import { contains, readPage, searchPage, type Order } from '../api/page.ts'

const orders: Record<string, Pick<Order, 'column' | 'holds'>> = {
  slug: { column: 'slug', holds: 'string' },
  name: { column: 'name', holds: 'string' },
  createdAt: { column: 'created_at', holds: 'number' },
}

export function organizationHandlers(context: AdminContext) {
  const { realms, db, cache } = context
  const changeOrganization = changesOfOrganizations(context)

  return {
    'organizations.create': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      return describeOrganization(change.db, cache, realm, await createOrganization(change, realm, body))
    },
    'organizations.list': async ({ params, query: { sort, status, search, ...page } }) => {
      const realm = getRealm(realms, params.realm)
      const all = db.selectFrom('organizations').where('realm', '=', realm.name)
      let query = all.selectAll()
      if (status !== undefined) query = query.where('status', '=', status)
      if (search !== undefined) query = query.where(contains(['slug', 'name'], search))
      const order = { by: sort, ...orders[sort.replace('-', '')]!, id: 'id' }
      const isSearch = status !== undefined || search !== undefined
      const { rows, next } = isSearch ? await searchPage(db, query, all, order, page) : await readPage(query, order, page)
      return { items: rows.map(summarizeOrganization), next }
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
