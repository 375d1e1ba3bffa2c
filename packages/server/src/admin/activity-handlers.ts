// What happened to an organization, as its integrator reads it, with the names of operators.
import { readActivity } from '../activity/read-activity.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

export function activityHandlers({ realms, db }: AdminContext) {
  return {
    'activity.list': async ({ params, query }) => {
      const realm = getRealm(realms, params.realm)
      const organizationId = await getOrganizationId(db, realm, params.organization)
      return readActivity(db, { realm: realm.name, organizationId }, { kind: 'operator' }, query)
    },
  } satisfies Partial<AdminHandlers>
}
