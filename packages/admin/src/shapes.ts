// The shapes that operations are made of; those with an `id` are components of the OpenAPI document. Bounds keep what an operator types within what tokens and documents can carry.
import { z } from 'zod'
import { isScopeToken } from '@countersign/protocol'

export const realmName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Expected the name of a realm')
  .meta({ description: 'The name of a realm, as the configuration file has it.', examples: ['nt24-idp'] })
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Expected lower-case letters, digits and "-", at most 63')
  .meta({ description: 'The short name of an organization: lower-case letters, digits and "-".', examples: ['acme'] })
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'Expected a lower-case UUID')
  .describe('A lower-case UUID.')
/** No UUID: what names one organization by its slug must not name another one by its id. */
export const newSlug = z
  .string()
  .regex(
    /^(?![0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$)[a-z0-9][a-z0-9-]{0,62}$/,
    'Expected lower-case letters, digits and "-", at most 63, and not a UUID',
  )
  .meta({ description: 'The short name of an organization: lower-case letters, digits and "-"; not a UUID.', examples: ['acme'] })
/** An organization is named by its id or by its slug. */
export const organizationKey = z
  .union([uuid, slug], 'Expected the id or the slug of an organization')
  .meta({ description: 'An organization, by its slug or by its id.', examples: ['acme'] })
export const partnerId = uuid.meta({ description: 'The id of a partner.', examples: ['5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11'] })
export const clientId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'Expected letters, digits, ".", "_" and "-", at most 128')
  .meta({ description: 'The client id that token requests name.', examples: ['api-client-acme'] })
export const permission = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9:._/-]{0,127}$/, 'Expected a name such as "payments:create"')
  .meta({ description: 'What a natural person may do, in the words of the guarded API.', examples: ['payments:create'] })
export const permissions = z.array(permission).max(200).describe('What the person may do.')
export const capabilityName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'Expected the name of a capability')
  .meta({ description: 'A capability that the realm declares.', examples: ['allowMarketplaceLedKyc'] })
export const lifetimeSeconds = z.int().min(1).max(86_400)
/** How long two secrets of a client are good side by side. Realms may allow less. */
export const windowSeconds = z
  .int()
  .min(60)
  .max(90 * 86_400)
/** No control characters: names stand in logs, terminals and pages. */
export const displayName = z.string().regex(/^[^\p{Cc}]{1,200}$/u, 'Expected 1 to 200 characters without control characters')
export const reason = z
  .string()
  .regex(/^[^\p{Cc}]{1,500}$/u, 'Expected 1 to 500 characters without control characters')
  .describe('Why it is done; kept in the audit log.')
export const version = z
  .string()
  .regex(/^[^\p{Cc}]{1,64}$/u, 'Expected 1 to 64 characters without control characters')
  .meta({ description: 'A version of the Data Processing Agreement.', examples: ['2026-01'] })

/** A flag (true or false) or one of the choices that the realm declares. */
export const capabilityValue = z
  .union([z.boolean(), z.string().max(64)], 'Expected true, false or one of the choices that the realm declares')
  .meta({ description: 'True or false for a flag, else one of the choices that the realm declares.', examples: [true] })
export const capabilities = z
  .record(z.string().max(64), capabilityValue)
  .meta({ description: 'Capabilities by name.', examples: [{ allowMarketplaceLedKyc: true, rateLimitTier: 'standard' }] })

/** The scope tokens of a client together, in their wire form: they must leave room in a token of at most 4 kB. Characters. */
export const longestScope = 1536
export const scopes = z
  .array(z.string().refine(isScopeToken, 'Expected a scope token (RFC 6749 section 3.3)'))
  .refine(
    (tokens) => tokens.join(' ').length <= longestScope,
    `Expected scopes of at most ${longestScope} characters together, so that the token stays below 4 kB`,
  )
  .meta({ description: 'The scopes that the client may ask for.', examples: [['profile', 'orders:read']] })

export const authenticationMethods = z
  .array(z.enum(['client_secret_basic', 'client_secret_post']))
  .min(1)
  .max(2)
  .describe('How the client may present its secret at the token endpoint (RFC 6749 section 2.3.1): in the header, or in the body.')

export const instant = z.iso
  .datetime('Expected an instant in UTC such as "2026-01-31T12:00:00Z"')
  .meta({ description: 'An instant in UTC.', examples: ['2026-01-31T12:00:00Z'] })

/** In a query everything is text. */
export const truthInQuery = z.enum(['true', 'false']).transform((value) => value === 'true')
export const search = displayName.optional().describe('Only those with this text in them; upper and lower case of A to Z are the same.')
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many at most.'),
  after: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,2048}$/, 'Expected what "next" of the page before said')
    .optional()
    .describe('Goes on behind another page: its "next".'),
})

/** One page of a list: pass `next` as `after` for the page behind it. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().describe('What to pass as "after" for the next page; null on the last one.'),
  })
}

export const deleted = z.strictObject({ deleted: z.literal(true) })

const versioned = {
  version: z.int().min(1).describe('Counts changes; the ETag is this number in quotes, and If-Match compares it.'),
  createdAt: instant,
  updatedAt: instant.describe('When it was changed last.'),
}

export const realm = z
  .strictObject({
    name: realmName,
    issuer: z.string().describe('The issuer of its tokens.'),
    tokenUrl: z.string().describe('Where its clients request tokens.'),
    tokenProfile: z.string().describe('How its tokens and token responses look.'),
    scopes: z.array(z.string()).describe('The scopes that clients can be given.'),
    capabilities: z
      .record(z.string(), z.union([z.literal('flag'), z.array(z.string())]))
      .describe('The capabilities that organizations can have: "flag", or the choices.'),
    rateLimitTiers: z.array(z.string()).describe('The names of its rate limit tiers.'),
    requiredDpaVersion: z.string().nullable().describe('The version of the Data Processing Agreement that is required now.'),
  })
  .meta({ id: 'Realm' })

export const organizationSummary = z
  .strictObject({
    id: uuid,
    realm: realmName,
    slug,
    name: z.string(),
    status: z.enum(['active', 'suspended']).describe('Tokens of a suspended organization are refused, and it gets no new ones.'),
    ...versioned,
  })
  .meta({ id: 'OrganizationSummary' })

export const partnerOfOrganization = z.strictObject({ id: partnerId, name: z.string() }).meta({ id: 'PartnerOfOrganization' })
export const partner = partnerOfOrganization
  .extend({
    realm: realmName,
    organizations: z.int().describe('How many organizations may act for it.'),
    createdAt: instant,
  })
  .meta({ id: 'Partner' })

export const requestor = z
  .strictObject({ id: uuid.describe('What the header Requestor-ID names.'), permissions: z.array(z.string()) })
  .meta({ id: 'Requestor' })
export const requestorOfVersion = requestor
  .extend({ version: versioned.version.describe('That of its organization, whose changes these are: the ETag, for If-Match.') })
  .meta({ id: 'RequestorOfVersion' })

export const organization = organizationSummary
  .extend({
    capabilities,
    partners: z.array(partnerOfOrganization).describe('The partners that it may act for.'),
    requestors: z.array(requestor).describe('The natural persons on whose behalf it may send commands.'),
    dpa: z
      .strictObject({
        status: z.enum(['accepted', 'missing', 'outdated', 'not-required']),
        requiredVersion: z.string().nullable(),
        acceptedVersion: z.string().nullable(),
        acceptedAt: instant.nullable(),
      })
      .describe('Where it stands with the Data Processing Agreement.'),
    clients: z.array(z.string()).describe('The ids of its clients.'),
  })
  .meta({ id: 'Organization' })

export const dpaVersion = z
  .strictObject({
    version,
    requiredFrom: instant.nullable().describe('From when on it is required; null for the version that the configuration names.'),
    description: z.string().nullable(),
    publishedAt: instant.nullable(),
  })
  .meta({ id: 'DpaVersion' })
export const dpaAcceptance = z
  .strictObject({
    version,
    acceptedBy: z.string().describe('Who accepted it, as the operator recorded it.'),
    acceptedAt: instant,
  })
  .meta({ id: 'DpaAcceptance' })

/** The evidence of one secret; of the secret itself only the last four characters. */
export const secret = z
  .strictObject({
    id: uuid,
    lastFour: z.string().describe('Its last four characters, to tell it from the other.'),
    createdAt: instant,
    firstUsedAt: instant.nullable().describe('When a token was first requested with it.'),
    lastUsedAt: instant.nullable().describe('When a token was last requested with it.'),
    expiresAt: instant.nullable().describe('When it ends; null if it does not.'),
    state: z.enum(['current', 'new', 'old']).describe('The only one, or the newer or the older one of a rotation.'),
  })
  .meta({ id: 'Secret' })

export const client = z
  .strictObject({
    id: uuid.describe('Its internal id; the subject of its tokens where a profile has one of its own.'),
    realm: realmName,
    clientId,
    organization: z.strictObject({ id: uuid, slug, name: z.string() }),
    name: z.string(),
    enabled: z.boolean().describe('Tokens of a client that is not enabled are refused, and it gets no new ones.'),
    serviceAccountEnabled: z.boolean().describe('Whether it gets tokens by client_credentials.'),
    authenticationMethods,
    scopes: z.array(z.string()),
    accessTokenLifetime: z.number().nullable().describe('Seconds; null for the lifetime of the realm.'),
    ...versioned,
    secrets: z.array(secret).describe('The newest first, at most two.'),
  })
  .meta({ id: 'Client' })

export const clientSecret = z
  .string()
  .nullable()
  .describe('Shown in this answer and never again; null where the answer is repeated for the same Idempotency-Key.')

export const rotation = z
  .strictObject({
    client: clientId,
    state: z
      .enum(['stable', 'issued', 'overlapping'])
      .describe('"stable": no rotation. "issued": the new secret has not been used yet. "overlapping": it has.'),
    secrets: z.array(secret).describe('The newest first, at most two.'),
    startedAt: instant.nullable(),
    windowEndsAt: instant.nullable().describe('When the old secret ends by itself.'),
    maxWindowEndsAt: instant.nullable().describe('How far the window can be extended.'),
    oldSecretLastUsedAt: instant.nullable(),
    confirmableAt: instant.nullable().describe('From when on confirming is not refused, if the old secret is not used again.'),
    due: z
      .strictObject({ remindAt: instant, isDue: z.boolean() })
      .describe(
        'When the current secret is old enough that the realm reminds of rotating it; while a new one is unused, when its window is about to end.',
      ),
  })
  .meta({ id: 'Rotation' })

export const dueSecret = z
  .strictObject({
    client: clientId,
    organization: slug,
    secret,
    reason: z
      .enum(['age', 'expires', 'window'])
      .describe('It is old, it ends soon, or its window ends soon and nobody has used the new secret of the rotation.'),
    dueAt: instant,
  })
  .meta({ id: 'DueSecret' })

export const auditEvent = z
  .strictObject({
    id: z.string(),
    at: instant,
    kind: z.string().meta({ description: 'What was done or asked for.', examples: ['organizations.create'] }),
    outcome: z.enum(['success', 'refused']),
    reason: z.string().nullable().describe('Why it was refused, more exactly than the caller was told.'),
    realm: z.string().nullable(),
    organizationId: z.string().nullable(),
    clientId: z.string().nullable().describe('The client that it is about; of a change, `detail.by` says who made it.'),
    address: z.string().nullable(),
    requestId: z.string().nullable(),
    callerRequestId: z.string().nullable().describe('The X-Request-Id that the caller sent.'),
    traceId: z.string().nullable().describe('The trace id of the traceparent that the caller sent (W3C Trace Context).'),
    actor: z
      .strictObject({
        kind: z.string().describe('operator, client or system.'),
        id: z.string().describe('The client id, or the name of a part of the system.'),
        realm: z.string().nullable(),
        via: z.string().nullable().describe('The way it came: api, console, portal, cli, or system for what the server does by itself.'),
        onBehalfOf: z.string().nullable(),
      })
      .nullable()
      .describe(
        'Who made a change. Null for events that are no changes, and for changes from before this member, which have only `detail.by`.',
      ),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEvent' })
