// How operators sign in to the console: by the secret of a client, and at the identity provider (IdP) of their company, whose groups give
// them their rights.
import { adminScopes, expectedVisible, isVisibleText } from '@countersign/admin'
import { isLoopbackHost } from '@countersign/protocol'
import { z } from 'zod'

const scopes = z.array(z.enum(adminScopes)).min(1)

const role = z.union(
  [
    z.literal(['owner', 'all']),
    scopes,
    z.strictObject({
      scopes: z.union([z.literal('all'), scopes]),
      realms: z.array(z.string().min(1)).min(1).describe('Realms in which the group has them.'),
    }),
  ],
  '"owner", "all", a list of scopes such as [organizations:read, audit:read], or a mapping with "scopes" and "realms"',
)

const oidcSchema = z.strictObject({
  name: z
    .string()
    .max(60)
    .refine(isVisibleText, expectedVisible)
    .describe('Name of the identity provider on the sign-in page, such as "Acme SSO".'),
  issuer: z
    .string()
    .refine(isIssuer, 'an https URL without query and fragment, such as "https://login.example.com"; http only on a loopback address')
    .describe('Issuer of the identity provider, exactly as in its discovery document, from which its endpoints are read.'),
  clientId: z.string().min(1).max(256).describe('Id of the client that the identity provider has for the console.'),
  clientSecret: z
    .string()
    .regex(/^(?:file|env):.+$/, '"file:" and a path, or "env:" and the name of a variable')
    .describe('Secret of that client: "file:PATH" or "env:NAME".'),
  claim: z
    .string()
    .min(1)
    .max(128)
    .default('groups')
    .describe(
      'Claim with the groups of a person, in the ID token or else from the userinfo endpoint; a path such as "realm_access.roles" is one inside another.',
    ),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'a scope'))
    .max(20)
    .default(['profile', 'email'])
    .describe('Scopes to ask for besides "openid".'),
  roles: z
    .record(z.string().min(1).max(256), role)
    .refine((roles) => Object.keys(roles).length > 0, 'at least one group')
    .describe(
      'Rights of the members of each group: "owner" is everything, and changing operators; "all" is every scope; or a list of scopes, in all realms or in those named. A person in none of these groups cannot sign in.',
    ),
})

export const signInSchema = z
  .strictObject({
    operatorSecret: z
      .boolean()
      .default(true)
      .describe('If false, operators sign in at the identity provider only, and no client by its secret.'),
    oidc: oidcSchema.optional().describe('Identity provider (OpenID Connect) at which operators sign in as persons.'),
  })
  .prefault({})
  .describe('Ways in which operators sign in.')

export type SignInSettings = z.output<typeof signInSchema>
export type OidcSettings = z.output<typeof oidcSchema>
/** What the members of one group may do. */
export type GroupRole = z.output<typeof role>

export interface SignInFault {
  readonly setting: readonly string[]
  /** Worded for a configuration message ("expected …"). */
  readonly expected: string
}

/** @param realms the names of those that are configured */
export function findSignInFaults({ operatorSecret, oidc }: SignInSettings, realms: readonly string[]): SignInFault[] {
  if (!oidc) return operatorSecret ? [] : [{ setting: ['operatorSecret'], expected: 'true, because no other way to sign in is configured' }]
  return Object.entries(oidc.roles).flatMap(([group, given]) => {
    const named = typeof given === 'object' && 'realms' in given ? given.realms : []
    return named
      .filter((name) => !realms.includes(name))
      .map((name) => ({ setting: ['oidc', 'roles', group, 'realms'], expected: `realms of this configuration, and "${name}" is none` }))
  })
}

function isIssuer(text: string): boolean {
  if (text.length > 512 || !URL.canParse(text) || /[?#\s]/.test(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))
}
