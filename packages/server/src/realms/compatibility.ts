// Keycloak's ways that a realm follows, each by its name, so that clients and tools of a Keycloak realm find here what they rely on.
// Off, the server is stricter.
import { z } from 'zod'
import type { TokenProfileName } from '@countersign/protocol'

const members = {
  defaultScopesAlwaysGranted: 'The default scopes of a client are granted whatever it asks for.',
  openidScope: 'The scope "openid" is accepted and named in the response; it grants nothing.',
  twoMethods: 'Credentials in the header and in the body are accepted if both name one client; those in the body count.',
  unknownAudience: 'The parameter "audience" is ignored if it names no API of the client.',
  anyClientId: 'A client id may be any printable text of at most 255 characters.',
  assertionAudience: 'An assertion of a client may name the token endpoint, also as a list of one, and may expire up to an hour ahead.',
  trailingSlash: 'The paths of the realm are also served with a slash at their end.',
} as const

export type CompatibilityMember = keyof typeof members
export type Compatibility = Readonly<Record<CompatibilityMember, boolean>>

const names = Object.keys(members) as CompatibilityMember[]
const flags = Object.fromEntries(names.map((name) => [name, z.boolean().optional().describe(members[name])])) as Record<
  CompatibilityMember,
  z.ZodOptional<z.ZodBoolean>
>

export const compatibilitySchema = z.union([z.enum(['keycloak', 'none']), z.strictObject(flags)], {
  error: `"keycloak", "none", or a mapping of ${names.join(', ')} to true or false`,
})

/** A member that is not configured is as in the realm's token profile: all are on with "keycloak", off with the others. */
export function completeCompatibility(
  configured: z.output<typeof compatibilitySchema> | undefined,
  tokenProfile: TokenProfileName,
): Compatibility {
  const named = typeof configured === 'object' ? configured : {}
  const isOnByDefault = (typeof configured === 'string' ? configured : tokenProfile) === 'keycloak'
  return Object.fromEntries(names.map((name) => [name, named[name] ?? isOnByDefault])) as Record<CompatibilityMember, boolean>
}
