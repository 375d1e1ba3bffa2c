// The identity provider of an organization: its people sign in to the portal at their own company, with roles by their groups.
import { z } from 'zod'
import * as idp from '../idp-shapes.ts'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { ofOrganization } from './paths.ts'

const path = '/admin/v1/realms/{realm}/organizations/{organization}/identity-provider'

export const identityProviderOperations = {
  'identityProviders.get': {
    summary: 'Get the identity provider of an organization',
    description: 'Returns the addresses without one, too: it needs them before it is set. The secret is not included.',
    method: 'GET',
    path,
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    output: idp.idpOfOrganization,
  },
  'identityProviders.set': {
    summary: 'Set the identity provider of an organization',
    description:
      'Lets its people sign in to the portal there, by OpenID Connect. What is left out stays, as long as issuer and client id stay the same. A person without a role is signed out with the next request. A role above "viewer" needs `clients:write`, too. Nothing is fetched from the identity provider. Fails with "invalid-request" for an issuer at an address that is not public, without any role, and without a secret if issuer or client id are new.',
    method: 'PUT',
    path,
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: z.strictObject({
      name: idp.idpName,
      issuer: idp.issuer,
      clientId: idp.clientIdAtIdp,
      clientSecret: idp.secretAtIdp.optional(),
      roles: idp.groupRoles.optional(),
      everyone: idp.everyone.optional(),
      claim: idp.claim.optional(),
      scopes: idp.requestedScopes.optional(),
      reason: shapes.reason.optional(),
    }),
    output: idp.idpOfOrganization,
  },
  'identityProviders.remove': {
    summary: 'Remove the identity provider of an organization',
    description: 'Ends the sessions that began there. The people stay in the list until they are removed.',
    method: 'DELETE',
    path,
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: shapes.onlyReason,
    output: shapes.deleted,
    destructive: true,
  },
} as const satisfies Record<string, Operation>
