// Operations on requestors, the natural persons of an organization.
import { parseTexts } from '../store/damage.ts'
import { createRequestor, deleteRequestor, noSuchRequestor, updateRequestor } from '../organizations/requestors.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'
import { readPage } from '../api/page.ts'

export function requestorHandlers({ realms, db }: AdminContext) {
  async function requestorsOf(params: { readonly realm: string; readonly organization: string }) {
    const organizationId = await getOrganizationId(db, getRealm(realms, params.realm), params.organization)
    return db.selectFrom('requestors').select(['id', 'permissions']).where('organization_id', '=', organizationId)
  }

  return {
    'requestors.create': ({ params, body }, change) => createRequestor(change, getRealm(realms, params.realm), params.organization, body),
    'requestors.list': async ({ params, query: page }) => {
      const { rows, next } = await readPage(await requestorsOf(params), { by: 'id', column: 'id', holds: 'string', id: 'id' }, page)
      return { items: rows.map(describeRequestor), next }
    },
    'requestors.get': async ({ params }) => {
      const row = await (
        await requestorsOf(params)
      )
        .where('id', '=', params.requestor)
        .select((select) =>
          select.selectFrom('organizations').whereRef('organizations.id', '=', 'organization_id').select('version').as('version'),
        )
        .executeTakeFirst()
      if (!row) throw noSuchRequestor(params.organization, params.requestor)
      return { ...describeRequestor(row), version: row.version! }
    },
    'requestors.update': ({ params, body }, change) =>
      updateRequestor(change, getRealm(realms, params.realm), params.organization, params.requestor, body),
    'requestors.delete': async ({ params }, change) => {
      await deleteRequestor(change, getRealm(realms, params.realm), params.organization, params.requestor)
      return { deleted: true }
    },
  } satisfies Partial<AdminHandlers>
}

function describeRequestor({ id, permissions }: { readonly id: string; readonly permissions: string }) {
  return { id, permissions: parseTexts(permissions) ?? [] }
}
