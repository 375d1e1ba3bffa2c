// Operations on partners, and on the organizations that are authorized for them.
import { sql, type Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import type { Realm } from '../realms/realm.ts'
import { changePartners } from '../organizations/change-partners.ts'
import {
  authorizePartner,
  deletePartner,
  isPartnerWith,
  noSuchPartner,
  readOrganizationsPage,
  readPartnersPage,
  registerPartner,
  withdrawPartner,
} from '../organizations/partners.ts'
import type { Schema } from '../store/schema.ts'
import { changesOfOrganizations } from './change-organization.ts'
import { toInstant } from '../api/instants.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'
import { readPage } from '../api/page.ts'
import { searchList } from '../api/search-page.ts'

export function partnerHandlers(context: AdminContext) {
  const { realms, db } = context
  const changeOrganization = changesOfOrganizations(context)

  return {
    'partners.list': async ({ params, query: { search, ...page } }) => {
      const realm = getRealm(realms, params.realm)
      let query = selectPartners(db, realm)
      if (search !== undefined) query = query.where(isPartnerWith(db, search))
      const order = { by: 'id', column: 'id', holds: 'string', id: 'id', isUnique: true } as const
      const all = db.selectFrom('partners').where('realm', '=', realm.name)
      const { rows, next } = search === undefined ? await readPage(query, order, page) : await searchList(db, query, all, order, page)
      return { items: rows.map(describePartner), next }
    },
    'partners.register': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      await registerPartner(change, realm, params.partner, body)
      return readPartner(change.db, realm, params.partner)
    },
    'partners.get': ({ params }) => readPartner(db, getRealm(realms, params.realm), params.partner),
    'partners.organizations': async ({ params, query: page }) => {
      const { id } = await readPartner(db, getRealm(realms, params.realm), params.partner)
      return readOrganizationsPage(db, id, page)
    },
    'partners.delete': async ({ params, query }, change) => {
      await deletePartner(change, getRealm(realms, params.realm), params.partner, query)
      return { deleted: true }
    },
    'partners.authorize': ({ params, body }, change) =>
      changeOrganization(params, change, (realm, key) => authorizePartner(change, realm, key, { id: params.partner, name: body.name })),
    'partners.withdraw': ({ params }, change) =>
      changeOrganization(params, change, (realm, key) => withdrawPartner(change, realm, key, params.partner)),
    'partners.change': ({ params, body }, change) =>
      changeOrganization(params, change, (realm, key) => changePartners(change, realm, key, body)),
    'partners.ofOrganization': async ({ params, query: page }) => {
      const realm = getRealm(realms, params.realm)
      return readPartnersPage(db, await getOrganizationId(db, realm, params.organization), page)
    },
  } satisfies Partial<AdminHandlers>
}

function selectPartners(db: Kysely<Schema>, realm: Realm) {
  const count = sql<number>`(select count(*) from partner_authorizations where partner_id = partners.id)`
  return db.selectFrom('partners').selectAll().select(count.as('organizations')).where('realm', '=', realm.name)
}

async function readPartner(db: Kysely<Schema>, realm: Realm, id: string): Promise<OperationOutput<'partners.get'>> {
  const row = await selectPartners(db, realm).where('id', '=', id).executeTakeFirst()
  if (!row) throw noSuchPartner(realm, id)
  return describePartner(row)
}

function describePartner(row: Schema['partners'] & { readonly organizations: number }): OperationOutput<'partners.get'> {
  const { id, name, realm, organizations, created_at } = row
  return { id, name, realm, organizations, createdAt: toInstant(created_at) }
}
