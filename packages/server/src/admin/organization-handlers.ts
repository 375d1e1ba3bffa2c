// Operations on organizations and on what belongs to one.
import type { OperationOutput } from '@countersign/admin'
import type { Realm } from '../configuration/configuration.ts'
import { findOrganizationId } from '../directory/read-organizations.ts'
import { noSuchOrganization } from '../organizations/lock-organization.ts'
import {
  acceptDpa,
  authorizePartner,
  createOrganization,
  createRequestor,
  updateOrganization,
  withdrawPartner,
} from '../organizations/organizations.ts'
import type { Change } from '../store/change.ts'
import { describeOrganization, summarizeOrganization } from './describe.ts'
import { getRealm, type AdminContext, type AdminHandlers } from './handler.ts'

export function organizationHandlers({ realms, db, directory }: AdminContext) {
  /** Does one step of a change to an organization and shows what comes of it. */
  async function changeOrganization(
    { realm: name }: { readonly realm: string },
    change: Change,
    step: (realm: Realm) => Promise<{ readonly id: string }>,
  ): Promise<OperationOutput<'organizations.get'>> {
    const realm = getRealm(realms, name)
    const { id } = await step(realm)
    return describeOrganization(change.db, directory, realm, id)
  }

  return {
    'organizations.create': ({ params, body }, change) =>
      changeOrganization(params, change, async (realm) => ({ id: await createOrganization(change, realm, body) })),
    'organizations.list': async ({ params, query: { limit, after } }) => {
      const realm = getRealm(realms, params.realm)
      const rows = await db
        .selectFrom('organizations')
        .selectAll()
        .where('realm', '=', realm.name)
        .where('slug', '>', after ?? '')
        .orderBy('slug')
        .limit(limit + 1)
        .execute()
      const items = rows.slice(0, limit)
      return { items: items.map(summarizeOrganization), next: rows.length > limit ? (items.at(-1)?.slug ?? null) : null }
    },
    'organizations.get': async ({ params }) => {
      const realm = getRealm(realms, params.realm)
      const id = await findOrganizationId(db, realm.name, params.organization)
      if (id === undefined) throw noSuchOrganization(realm, params.organization)
      return describeOrganization(db, directory, realm, id)
    },
    'organizations.update': ({ params, body }, change) =>
      changeOrganization(params, change, (realm) => updateOrganization(change, realm, params.organization, body)),
    'partners.authorize': ({ params, body }, change) =>
      changeOrganization(params, change, (realm) =>
        authorizePartner(change, realm, params.organization, { id: params.partner, name: body.name }),
      ),
    'partners.withdraw': ({ params }, change) =>
      changeOrganization(params, change, (realm) => withdrawPartner(change, realm, params.organization, params.partner)),
    'dpa.accept': ({ params, body }, change) =>
      changeOrganization(params, change, (realm) => acceptDpa(change, realm, params.organization, body)),
    'requestors.create': ({ params, body }, change) => createRequestor(change, getRealm(realms, params.realm), params.organization, body),
  } satisfies AdminHandlers
}
