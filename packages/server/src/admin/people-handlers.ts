// Operations on the people of an organization and their invitations, for operators.
import { createInvitation, listInvitations, withdrawInvitation, type Inviter } from '../people/invitations.ts'
import { listPeople, removePerson, setRole } from '../people/people.ts'
import type { Operator } from '../operators/operator-authority.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

export function peopleHandlers(context: AdminContext) {
  const { realms, db, clock } = context
  return {
    'invitations.create': ({ params, body }, change, { operator }) =>
      createInvitation(change, context, getRealm(realms, params.realm), params.organization, body.role, inviterOf(operator)),
    'invitations.list': async ({ params, query }) => {
      const organization = await getOrganizationId(db, getRealm(realms, params.realm), params.organization)
      return listInvitations(db, organization, query, clock(), false)
    },
    'invitations.withdraw': ({ params }, change) =>
      withdrawInvitation(change, getRealm(realms, params.realm), params.organization, params.invitation, false),
    'people.list': async ({ params, query }) =>
      listPeople(db, await getOrganizationId(db, getRealm(realms, params.realm), params.organization), query),
    'people.setRole': ({ params, body }, change) =>
      setRole(change, getRealm(realms, params.realm), params.organization, params.person, body.role),
    'people.remove': async ({ params }, change) => {
      await removePerson(change, getRealm(realms, params.realm), params.organization, params.person)
      return { deleted: true }
    },
  } satisfies Partial<AdminHandlers>
}

function inviterOf({ person, clientId }: Operator): Inviter {
  return { name: person?.name ?? clientId, person: null }
}
