// What an organization does at the portal about its own people: operators are not named, and it cannot leave itself without an admin.
import type { AdminContext } from '../admin/handler-types.ts'
import { ProblemError } from '../errors.ts'
import type { OwnAccess, OwnHandlers } from '../operators/operation-mount.ts'
import { createInvitation, withdrawInvitation } from '../people/invitations.ts'
import { listInvitations } from '../people/list-invitations.ts'
import { listPeople, removePerson, setRole } from '../people/people.ts'
import { freshUntil, type SessionAccess, type SessionLimits } from '../sessions/session-standing.ts'
import { notYours } from './own-rules.ts'

export interface OwnPeopleContext extends Pick<AdminContext, 'realms' | 'db' | 'pepper' | 'clock' | 'portalUrl'> {
  readonly limits: SessionLimits
}

export function createOwnPeopleHandlers(context: OwnPeopleContext): OwnHandlers {
  const { realms, db, clock, limits } = context

  const ownOf = (access: OwnAccess) => {
    const { person, realm } = access.operator
    if (!person) throw notYours(access)
    return { realm: realms.get(realm)!, organization: person.organizationId, person }
  }
  const requireFreshSignIn = (access: OwnAccess): void => {
    const { session } = access as OwnAccess & Pick<SessionAccess, 'session'>
    if (clock() >= freshUntil(session, limits)) throw new ProblemError('sign-in-again')
  }

  return {
    'invitations.create': ({ body: { role } }, access, change) => {
      const { realm, organization, person } = ownOf(access)
      return createInvitation(change, context, realm, organization, role, { name: person.name, person: person.id })
    },
    'invitations.list': ({ query }, access) => listInvitations(db, ownOf(access).organization, query, clock(), true),
    'invitations.withdraw': ({ params: { invitation } }, access, change) => {
      const { realm, organization } = ownOf(access)
      return withdrawInvitation(change, realm, organization, invitation, true)
    },
    // A client has no colleagues.
    'people.list': ({ query }, access) => listPeople(db, ownOf(access).organization, query),
    'people.setRole': ({ params, body: { role } }, access, change) => {
      const { realm, organization } = ownOf(access)
      return setRole(change, realm, organization, params.person, role, () => requireFreshSignIn(access), { self: access.operator.id })
    },
    'people.remove': async ({ params }, access, change) => {
      const { realm, organization } = ownOf(access)
      await removePerson(change, realm, organization, params.person, { self: access.operator.id })
      return { deleted: true }
    },
  }
}
