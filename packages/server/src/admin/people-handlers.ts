// Operations on the people of an organization and their invitations, for operators.
import { createInvitation, withdrawInvitation, type Inviter } from '../people/invitations.ts'
import { listInvitations } from '../people/list-invitations.ts'
import { listPeople, removePerson, setRole } from '../people/people.ts'
import { requireFurtherScope, type Authority, type Operator } from '../operators/operator-authority.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

export function peopleHandlers(context: AdminContext) {
  const { realms, db, clock } = context
  return {
    'invitations.create': ({ params, body }, change, by) => {
      if (body.role !== 'viewer') requireAuthorityOverClients(by)
      return createInvitation(change, context, getRealm(realms, params.realm), params.organization, body.role, inviterOf(by.operator))
    },
    'invitations.list': async ({ params, query }) => {
      const organization = await getOrganizationId(db, getRealm(realms, params.realm), params.organization)
      return listInvitations(db, organization, query, clock(), false)
    },
    'invitations.withdraw': ({ params }, change) =>
      withdrawInvitation(change, getRealm(realms, params.realm), params.organization, params.invitation, false),
    'people.list': async ({ params, query }) =>
      listPeople(db, await getOrganizationId(db, getRealm(realms, params.realm), params.organization), query),
    'people.setRole': ({ params, body }, change, by) =>
      setRole(change, getRealm(realms, params.realm), params.organization, params.person, body.role, () => requireAuthorityOverClients(by)),
    'people.remove': async ({ params }, change) => {
      await removePerson(change, getRealm(realms, params.realm), params.organization, params.person)
      return { deleted: true }
    },
  } satisfies Partial<AdminHandlers>
}

/** Above a viewer a person replaces secrets of clients, and sees the new ones: what an operator cannot do itself it lets no person do. */
function requireAuthorityOverClients(by: Authority): void {
  requireFurtherScope(by, 'clients:write')
}

function inviterOf({ person, clientId }: Operator): Inviter {
  return { name: person?.name ?? clientId, person: null }
}
