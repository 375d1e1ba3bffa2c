// Access requests: an integrator asks for a partner, a capability, a scope or a client, and an operator answers.
import { z } from 'zod'
import { accessRequest, kind, listedAccessRequest, state, what } from '../access-request-shapes.ts'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { inRealm, ofOrganization } from './paths.ts'

const ofRequest = ofOrganization.extend({ accessRequest: shapes.uuid.describe('Id of the access request.') })
const answer = shapes.reason.describe('Answer to the integrator, who reads it in the portal.')

export const accessRequestOperations = {
  'accessRequests.create': {
    summary: 'Ask for a partner, a capability, a scope or a client',
    description:
      'An operator answers. Fails with "conflict" if the organization has it already, has asked for it already, has 20 open requests, or has asked 50 times within 24 hours, and with "invalid-request" if the realm does not declare the scope or the capability. Whether a partner exists is not checked. Realms of operators have no access requests.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/access-requests',
    scope: 'organizations:write',
    status: 201,
    params: ofOrganization,
    body: z.strictObject({
      kind,
      what,
      client: shapes.clientId.optional().describe('Client that the scope is for; required for a scope, and for no other kind.'),
      note: shapes.reason.optional().describe('Note to the provider, such as what it is needed for.'),
      reason: shapes.reason.optional(),
    }),
    output: accessRequest,
    portal: { role: 'developer', without: ['reason'] },
  },
  'accessRequests.list': {
    summary: 'List the access requests of a realm',
    description: 'Open requests first, oldest first; then the answered ones, oldest first.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/access-requests',
    scope: 'organizations:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery.extend({
      state: state.optional().describe('Return requests in this state.'),
      organization: shapes.organizationKey.optional().describe('Return requests of this organization.'),
    }),
    output: shapes.page(listedAccessRequest),
  },
  'accessRequests.ofOrganization': {
    summary: 'List the access requests of an organization',
    description: 'Most recent first. Open ones, and the 200 most recent ones, are kept.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/access-requests',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery,
    output: shapes.page(accessRequest),
    portal: { role: 'viewer' },
  },
  'accessRequests.approve': {
    summary: 'Approve an access request',
    description:
      'Does what it asks for in the same transaction: authorizes the partner, sets the capability to true, or adds the scope to the client. An approved client is created by the integrator. For a scope or a client, the scope `clients:write` is required, too. Fails with "conflict" if the request is not open, and as the operation that it stands for.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/access-requests/{accessRequest}/approve',
    scope: 'organizations:write',
    status: 200,
    params: ofRequest,
    body: z.strictObject({
      answer: answer.optional(),
      name: shapes.displayName.optional().describe('Name of the partner; required only if it is not registered yet.'),
      reason: shapes.reason.optional(),
    }),
    output: accessRequest,
  },
  'accessRequests.decline': {
    summary: 'Decline an access request',
    description: 'Fails with "conflict" if the request is not open.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/access-requests/{accessRequest}/decline',
    scope: 'organizations:write',
    status: 200,
    params: ofRequest,
    body: z.strictObject({ answer, reason: shapes.reason.optional() }),
    output: accessRequest,
  },
  'accessRequests.withdraw': {
    summary: 'Withdraw an access request',
    description: 'For the integrator that asked. Fails with "conflict" if the request is not open.',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/access-requests/{accessRequest}',
    scope: 'organizations:write',
    status: 200,
    params: ofRequest,
    body: shapes.onlyReason,
    output: accessRequest,
    portal: { role: 'developer', without: ['reason'] },
  },
  'accessRequests.makeClient': {
    summary: 'Create the client of an approved access request',
    description:
      'Returns the client with its first secret, which is shown only in this response. The client has the name that was asked for, an id that the server chooses, and the default scopes of the realm. Can be done once; fails with "conflict" if the request is not an approved one for a client.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/access-requests/{accessRequest}/client',
    scope: 'clients:write',
    status: 201,
    params: ofRequest,
    body: shapes.onlyReason,
    output: shapes.client.extend({ clientSecret: shapes.clientSecret }).meta({ id: 'RequestedClient' }),
    etag: true,
    secret: 'clientSecret',
    portal: { role: 'developer', without: ['reason'], hides: ['operatorRealms', 'operatorScopes'] },
  },
} as const satisfies Record<string, Operation>
