// The shapes of the identity provider of an organization, at which its people sign in to the portal.
import { z } from 'zod'
import { withoutControls } from './bounded-text.ts'
import { portalRoles } from './operation.ts'
import * as shapes from './shapes.ts'

const role = z.enum(portalRoles)
const maxGroups = 50

export const idpName = shapes.visibleText(60).meta({
  description: 'Name of the identity provider, for operators.',
  examples: ['Acme SSO'],
})
export const issuer = z
  .string()
  .regex(/^https?:\/\/[\x21\x22\x24-\x3e\x40-\x7e]{1,500}$/, 'Expected an https URL without query and fragment')
  .meta({
    description:
      'Issuer, exactly as in its discovery document: an https URL at a public address, or at one of "outboundRequests.privateAddresses".',
    examples: ['https://login.acme.example'],
  })
export const clientIdAtIdp = shapes.visibleText(256).meta({
  description: 'Id of the client that the identity provider has for the portal.',
  examples: ['countersign-portal'],
})
export const secretAtIdp = withoutControls(1000).describe('Secret of that client; never returned.')
export const claim = shapes
  .visibleText(128)
  .describe(
    'Claim with the groups of a person, in the ID token or from the userinfo endpoint; "realm_access.roles" is one inside another. "groups" at first.',
  )
export const requestedScopes = z
  .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'Expected a scope'))
  .max(20)
  .describe('Scopes to ask for besides "openid"; "profile" and "email" at first.')
export const groupRoles = z
  .record(shapes.visibleText(256), role)
  .refine((roles) => Object.keys(roles).length <= maxGroups, `Expected at most ${maxGroups} groups`)
  .meta({
    description: 'Role at the portal of the members of each group, at most 50; of several the one with the most rights counts.',
    examples: [{ 'api-admins': 'admin', developers: 'developer' }],
  })
export const everyone = role.nullable().describe('Role of all people who sign in there; null if only groups have one.')

const url = (what: string) => z.string().nullable().describe(`${what}; null if the portal is off.`)

export const idpOfOrganization = z
  .strictObject({
    signInUrl: url('Page at which the people of the organization sign in at the identity provider'),
    callbackUrl: url('Redirect URI, which the identity provider must know'),
    logoutUrl: url('Back-channel logout URI, which the identity provider may be given'),
    provider: z
      .strictObject({
        name: z.string(),
        issuer: z.string(),
        clientId: z.string().describe('Id of the client that the identity provider has for the portal.'),
        claim: z.string().describe('Claim with the groups of a person.'),
        scopes: z.array(z.string()).describe('Scopes that are asked for besides "openid".'),
        roles: z.record(z.string(), role).describe('Role at the portal by group.'),
        everyone: role.nullable().describe('Role of every person; null if only groups have one.'),
        changedAt: shapes.instant,
      })
      .nullable()
      .describe('Null if the organization has none.'),
  })
  .meta({ id: 'OrganizationIdentityProvider' })
