// People of an organization, who sign in to the portal, and their invitations. Operators who sign in at their company are people of the
// organization of the operators.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import { invitation, newInvitation, person, portalRole } from '../people-shapes.ts'
import * as shapes from '../shapes.ts'
import { ofOrganization } from './paths.ts'

const ofInvitation = ofOrganization.extend({ invitation: shapes.uuid.describe('Id of the invitation.') })
const ofPerson = ofOrganization.extend({ person: shapes.uuid.describe('Id of the person.') })

export const peopleOperations = {
  'invitations.create': {
    summary: 'Invite a person to the portal',
    description:
      'Returns a link for one person, which is shown only in this response. It can be accepted once, for 7 days. Opening it changes nothing. A role above "viewer" needs `clients:write`, too, because it replaces secrets. Fails with "conflict" if the portal is off, or if the organization has 50 open invitations.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/invitations',
    scope: 'organizations:write',
    status: 201,
    params: ofOrganization,
    body: z.strictObject({ role: portalRole, reason: shapes.reason.optional() }),
    output: newInvitation,
    secret: 'url',
    portal: { role: 'admin' },
  },
  'invitations.list': {
    summary: 'List the invitations of an organization',
    description: 'Newest first. The links are not included.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/invitations',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery,
    output: shapes.page(invitation),
    portal: { role: 'admin' },
  },
  'invitations.withdraw': {
    summary: 'Withdraw an invitation',
    description:
      'The link does not work any more. Withdrawing it again is not an error. Fails with "conflict" if it was accepted: remove the person instead.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/invitations/{invitation}',
    scope: 'organizations:write',
    status: 200,
    params: ofInvitation,
    body: shapes.onlyReason,
    output: invitation,
    portal: { role: 'admin' },
  },
  'people.list': {
    summary: 'List the people of an organization',
    description:
      'Sorted by the time at which they were added. The people of the organization `operators` are the operators who have signed in at their company.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/people',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery,
    output: shapes.page(person),
    portal: { role: 'viewer' },
  },
  'people.setRole': {
    summary: 'Set the role of a person at the portal',
    description:
      'Takes effect with the next request of the person. A higher role than before needs `clients:write`, too. Fails with "conflict" for a person who signs in at an identity provider: there the groups decide.',
    method: 'PUT',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/people/{person}/role',
    scope: 'organizations:write',
    status: 200,
    params: ofPerson,
    body: z.strictObject({ role: portalRole, reason: shapes.reason.optional() }),
    output: person,
    portal: { role: 'admin' },
  },
  'people.remove': {
    summary: 'Remove a person',
    description:
      'Deletes the passkeys and ends the sessions of the person. A person who signs in at an identity provider can sign in again as long as that admits it and a group has a role.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/people/{person}',
    scope: 'organizations:write',
    status: 200,
    params: ofPerson,
    body: shapes.onlyReason,
    output: shapes.deleted,
    destructive: true,
    portal: { role: 'admin' },
  },
} as const satisfies Record<string, Operation>
