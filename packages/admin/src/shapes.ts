// The shapes that operations are made of. Bounds keep what an operator types within what tokens and documents can carry.
import { z } from 'zod'
import { isScopeToken } from '@countersign/protocol'

export const realmName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Expected the name of a realm')
export const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Expected lower-case letters, digits and "-", at most 63')
export const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'Expected a lower-case UUID')
/** An organization is named by its id or by its slug. */
export const organizationKey = z.union([uuid, slug], 'Expected the id or the slug of an organization')
export const clientId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'Expected letters, digits, ".", "_" and "-", at most 128')
export const permission = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:._/-]{0,127}$/, 'Expected a name such as "payments:create"')
export const lifetimeSeconds = z.int().min(1).max(86_400)
/** No control characters: names stand in logs, terminals and pages. */
export const displayName = z.string().regex(/^[^\p{Cc}]{1,200}$/u, 'Expected 1 to 200 characters without control characters')
export const capabilities = z.record(z.string().max(64), z.union([z.boolean(), z.string().max(64)]))

/** The scope tokens of a client together, in their wire form: they must leave room in a token of at most 4 kB. Characters. */
export const longestScope = 1536
export const scopes = z
  .array(z.string().refine(isScopeToken, 'Expected a scope token (RFC 6749 section 3.3)'))
  .refine(
    (tokens) => tokens.join(' ').length <= longestScope,
    `Expected scopes of at most ${longestScope} characters together, so that the token stays below 4 kB`,
  )

const instant = z.iso.datetime()

export const organizationSummary = z.strictObject({
  id: uuid,
  realm: realmName,
  slug,
  name: z.string(),
  status: z.enum(['active', 'suspended']),
  createdAt: instant,
})

export const organization = organizationSummary.extend({
  capabilities,
  partners: z.array(z.strictObject({ id: uuid, name: z.string() })),
  requestors: z.array(z.strictObject({ id: uuid, permissions: z.array(z.string()) })),
  dpa: z.strictObject({
    status: z.enum(['accepted', 'missing', 'outdated', 'not-required']),
    requiredVersion: z.string().nullable(),
    acceptedVersion: z.string().nullable(),
    acceptedAt: instant.nullable(),
  }),
  clients: z.array(z.string()),
})

export const client = z.strictObject({
  id: uuid,
  realm: realmName,
  clientId,
  organization: z.strictObject({ id: uuid, slug, name: z.string() }),
  name: z.string(),
  enabled: z.boolean(),
  serviceAccountEnabled: z.boolean(),
  scopes: z.array(z.string()),
  accessTokenLifetime: z.number().nullable(),
  createdAt: instant,
  secrets: z.array(z.strictObject({ id: uuid, lastFour: z.string(), createdAt: instant, expiresAt: instant.nullable() })),
})
