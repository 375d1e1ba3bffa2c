// The shapes of grants and of the members of a client that decide what its tokens say. What depends on the token profile of the realm, such as
// reserved claims, is checked by the server.
import { z } from 'zod'
import { grantVariables, type Grant } from '@countersign/protocol'
import { withoutControls } from './bounded-text.ts'

/** Of a grant, as JSON. Characters. */
export const maxGrantLength = 2000
const maxDepth = 8

const shortText = (what: string) =>
  withoutControls(255, `Expected ${what} of 1 to 255 characters without control characters`).refine(
    (text) => text.isWellFormed(),
    `Expected ${what} without half of a surrogate pair`,
  )
const audience = shortText('an audience').meta({ examples: ['nt24-integration-api'] })
const roles = z.array(shortText('the name of a role')).max(100)

const grantObject = z
  .strictObject({
    audiences: z.array(audience).max(50).default([]).describe('Added to "aud".'),
    roles: z
      .strictObject({
        realm: roles.default([]).describe('Roles of the realm.'),
        clients: z.record(audience, roles).default({}).describe('Roles at single APIs, by audience.'),
      })
      .prefault({})
      .describe('Roles, which the services behind an API read; Countersign itself does not.'),
    claims: z
      .record(shortText('the name of a claim'), z.unknown())
      .default({})
      .describe('Fixed claims. A text may contain "${client_id}" and "${subject}"; nothing else is computed.'),
  })
  .refine((value) => depthOf(value) <= maxDepth, `Expected claims that are nested at most ${maxDepth - 1} deep`)
  .refine(
    (value) => depthOf(value) > maxDepth || isExact(value),
    'Expected whole numbers up to 9007199254740991 (a larger one as a text), and texts without half of a surrogate pair',
  )
  .refine((value) => JSON.stringify(value).length <= maxGrantLength, `Expected a grant of at most ${maxGrantLength} characters as JSON`)
  .refine((value) => unknownVariable(value) === undefined, {
    error: ({ input }) =>
      `Expected only ${grantVariables.map((name) => `"\${${name}}"`).join(' and ')} in texts, not "${unknownVariable(input)}"`,
  })
  .meta({ id: 'Grant', description: 'Audiences, roles and fixed claims that tokens have beside the claims of their profile.' })

/** Claims are JSON, because they were parsed from it. */
export const grant = grantObject as unknown as z.ZodType<Grant, GrantInput>

/** Every member can be left out. */
export interface GrantInput {
  readonly audiences?: readonly string[]
  readonly roles?: { readonly realm?: readonly string[]; readonly clients?: Readonly<Record<string, readonly string[]>> }
  readonly claims?: Readonly<Record<string, unknown>>
}

function depthOf(value: unknown): number {
  // Deeper than any is enough: a hostile document may be nested ten thousand deep.
  const depth = (part: unknown, level: number): number =>
    typeof part !== 'object' || part === null || level > maxDepth
      ? level
      : Math.max(level, ...Object.values(part).map((member) => depth(member, level + 1)))
  return depth(value, 0)
}

/** Whether every program reads the same value (RFC 7493 §2.1, §2.2). Another number would already be another one here: 1e400 is null. */
function isExact(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isExact(member))
}

function unknownVariable(value: unknown): string | undefined {
  const known = new Set(grantVariables.map((name) => `\${${name}}`))
  return JSON.stringify(value)
    .match(/\$\{[^}"]*\}/g)
    ?.find((found) => !known.has(found))
}

export const claimSetName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Expected lower-case letters, digits and "-", at most 63')
  .meta({ description: 'Name of a claim set.', examples: ['partners'] })

export const scopeGrants = z
  .record(
    z.string().max(255),
    z.strictObject({
      grant: grant.optional(),
      shown: z.boolean().optional().describe('False if the scope is not named in tokens; as the realm says if omitted.'),
    }),
  )
  .refine((value) => Object.keys(value).length <= 100, 'Expected grants for at most 100 scopes')
  .refine((value) => JSON.stringify(value).length <= 4 * maxGrantLength, `Expected at most ${4 * maxGrantLength} characters as JSON`)
  .meta({ description: 'Grants of single scopes, by scope, for tokens that have the scope.' })

export const subject = shortText('a subject').meta({
  description: 'Subject ("sub") of the tokens; null for the id of the client. Tokens with the subject before are rejected after a change.',
  examples: ['8c835abe-7930-46f3-a37a-d012d184fee0'],
})

export const headerType = z
  .enum(['at+jwt'])
  .describe('Type ("typ") in the header of the tokens, in realms with the token profile "keycloak"; null for that of the profile.')
