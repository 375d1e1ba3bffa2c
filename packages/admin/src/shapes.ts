// The shapes that operations are made of; those with an `id` are components of the OpenAPI document. The bounds keep input within what tokens and documents can carry.
import { z } from 'zod'
import {
  clientAuthenticationMethodNames,
  clientAuthenticationMethods,
  expectedInstant,
  isScopeToken,
  maxListed,
  signingAlgorithms,
  type SigningAlgorithmName,
  parseInstant,
} from '@countersign/protocol'
import { withoutControls } from './bounded-text.ts'
import { claimSetName, grant, headerType, scopeGrants, subject } from './grant-shapes.ts'
import { expectedClientId, isClientId, maxClientIdLength } from './client-id.ts'
import { adminScopes } from './operation.ts'
import { expectedVisible, isVisibleText } from './visible-text.ts'

// Patterns are published, and the tools that read them compile them with Python's re, Go's RE2, java.util.regex or JavaScript without
// the flag "u". So none has \p, a look-around, a repetition above 1000 or \d (scripts/published-patterns.test.ts).
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export const realmName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Expected the name of a realm')
  .meta({ description: 'Name of a realm.', examples: ['nt24-idp'] })
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Expected lower-case letters, digits and "-", at most 63')
  .meta({ description: 'Short name of an organization: lower-case letters, digits and "-".', examples: ['acme'] })
export const uuid = z.string().regex(uuidPattern, 'Expected a lower-case UUID').describe('A lower-case UUID.')
const expectedSlug = 'Expected lower-case letters, digits and "-", at most 63, and not a UUID'
/** Not a UUID: the slug of one organization must not be the id of another. */
export const newSlug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: expectedSlug, abort: true })
  .refine((text) => !uuidPattern.test(text), expectedSlug)
  .meta({
    description: 'Short name of an organization: lower-case letters, digits and "-"; not a UUID.',
    examples: ['acme'],
    not: { pattern: uuidPattern.source },
  })
/** An organization is named by its id or by its slug. */
export const organizationKey = z
  .union([uuid, slug], 'Expected the id or the slug of an organization')
  .meta({ description: 'Slug or id of an organization.', examples: ['acme'] })
export const partnerId = uuid.meta({ description: 'Id of a partner.', examples: ['5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11'] })
/** Of any realm; which ones a new client may have depends on its realm. */
export const clientId = withoutControls(maxClientIdLength, `Expected ${expectedClientId}`)
  .refine(isClientId, `Expected ${expectedClientId}`)
  .meta({ description: 'Client id, as sent in token requests.', examples: ['api-client-acme'] })
export const permission = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9:._/-]{0,127}$/, 'Expected a name such as "payments:create"')
  .meta({ description: 'Permission of a natural person; the name is defined by the API that checks it.', examples: ['payments:create'] })
export const permissions = z.array(permission).max(200).describe('Permissions of the person.')
export const capabilityName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'Expected the name of a capability')
  .meta({ description: 'Name of a capability that the realm declares.', examples: ['allowMarketplaceLedKyc'] })
export const lifetimeSeconds = z.int().min(1).max(86_400)
/** How long two secrets of a client are valid at the same time. Realms may allow less. */
export const windowSeconds = z
  .int()
  .min(60)
  .max(90 * 86_400)
/** Text that an operator sets. The pattern is for the reference; the check has the rest. */
export function visibleText(longest: number) {
  const expected = `Expected 1 to ${longest} characters, ${expectedVisible}`
  return withoutControls(longest, expected).refine(isVisibleText, expected)
}

const longestName = 200
export const displayName = visibleText(longestName)
export const reason = visibleText(500).describe('Reason for the change; recorded in the audit log.')
/** Body of a change that needs nothing else. */
export const onlyReason = z.strictObject({ reason: reason.optional() })
const describedVersion = { description: 'Version of the Data Processing Agreement.', examples: ['2026-01'] }
export const newVersion = visibleText(64).meta(describedVersion)
/** Of any age: {@link newVersion} was less strict in earlier releases, and so was {@link displayName}, which `search` looks for. */
export const version = withoutControls(64).meta(describedVersion)

/** Bytes of UTF-8. */
const maxAgreementText = 200_000
const expectedText = `Expected a text of at most ${maxAgreementText} bytes, ${expectedVisible}`
/** A subset of Markdown: headings, lists, links and paragraphs. Stored as it is sent, because its digest is what was accepted. */
export const agreementText = z
  .string()
  .min(1)
  .max(maxAgreementText)
  .refine((text) => new TextEncoder().encode(text).length <= maxAgreementText, { error: expectedText, abort: true })
  .refine((text) => isVisibleText(text.replace(/\r?\n|\t/g, ' ')), expectedText)
  .meta({
    description: 'Text of the agreement in Markdown: headings, lists, links and paragraphs; at most 200,000 bytes.',
    examples: ['# Data Processing Agreement\n\nThe provider processes …'],
  })
export const textDigest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'Expected a SHA-256 in lower-case hexadecimal digits')
  .describe('SHA-256 of the text in UTF-8, in hexadecimal digits.')

/** A flag (true or false) or one of the choices that the realm declares. */
export const capabilityValue = z
  .union([z.boolean(), z.string().max(64)], 'Expected true, false or one of the choices that the realm declares')
  .meta({ description: 'Value: true or false for a flag, otherwise one of the choices that the realm declares.', examples: [true] })
export const capabilities = z
  .record(z.string().max(64), capabilityValue)
  .meta({ description: 'Capabilities by name.', examples: [{ allowMarketplaceLedKyc: true, rateLimitTier: 'standard' }] })

/** All scope tokens of a client in wire form; leaves room for the rest in a token of at most 4 kB. Characters. */
export const maxScopeLength = 1536
export const scopes = z
  .array(
    z
      .string()
      .refine(isScopeToken, 'Expected the name of a scope, without white space, double quotes and backslashes (RFC 6749 section 3.3)'),
  )
  .refine(
    (tokens) => tokens.join(' ').length <= maxScopeLength,
    `Expected scopes of at most ${maxScopeLength} characters together, so that the token stays below 4 kB`,
  )
  .meta({ description: 'Scopes that the client can request.', examples: [['profile', 'orders:read']] })

export const operatorRealms = z
  .array(realmName)
  .min(1, 'Expected at least one realm; null for all')
  .max(1000)
  .meta({
    description: 'Realms that an operator (a client of the realm `operators`) is limited to; null for all.',
    examples: [['nt24-idp']],
  })
export const operatorScopes = z.array(z.enum(adminScopes)).meta({
  description:
    'Operator scopes that a client of any realm but `operators` has in its own realm, and only there. With one, the admin API accepts its tokens; the scopes in the tokens do not count.',
  examples: [['clients:read', 'secrets:write']],
})

export const authenticationMethods = z
  .array(z.enum(clientAuthenticationMethodNames))
  .min(1)
  .max(clientAuthenticationMethodNames.length)
  .describe(
    `Methods by which the client can authenticate (RFC 6749 section 2.3.1): ${clientAuthenticationMethodNames
      .map((name) => `"${name}" ${clientAuthenticationMethods[name].description}`)
      .join(', ')}.`,
  )

export const signingAlgorithm = z.enum(Object.keys(signingAlgorithms) as [SigningAlgorithmName, ...SigningAlgorithmName[]])

/** Written in UTC from here on, so that a change is recorded the same in whatever offset it was sent. */
export const instant = z
  .string()
  .refine((text) => parseInstant(text) !== undefined, { error: ({ input }) => `Expected ${expectedInstant(input as string)}`, abort: true })
  .overwrite((text) => new Date(parseInstant(text) ?? Number.NaN).toISOString())
  .meta({ format: 'date-time', description: 'Instant; responses have it in UTC.', examples: ['2026-01-31T12:00:00Z'] })

/** A boolean in a query, where every value is a string. */
export const truthInQuery = z.enum(['true', 'false']).transform((value) => value === 'true')
export const searchedText = withoutControls(longestName)
export const search = searchedText.optional().describe('Return items with this text, ignoring case (A to Z).')
const expectedCursor = 'Expected the value of "next" from the previous page'
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Maximum number of items in the page.'),
  after: z
    .string()
    .max(2048, expectedCursor)
    .regex(/^[A-Za-z0-9._-]+$/, expectedCursor)
    .optional()
    .describe('Cursor: "next" of the previous page.'),
})

/** One page of a list: pass `next` as `after` to get the following page. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    next: z.string().nullable().describe('Cursor: pass it as "after" to get the next page; null on the last page.'),
  })
}

export const deleted = z.strictObject({ deleted: z.literal(true) })

const tokensNotBefore = instant
  .nullable()
  .optional() // Older servers do not send it.
  .describe('Tokens issued before this instant are rejected; null if none are. In the future if it was set while a clock was ahead.')

const versioned = {
  version: z.int().min(1).describe('Number that increases with every change. The ETag is this number in quotes.'),
  createdAt: instant,
  updatedAt: instant.describe('Time of the last change.'),
}

export const realm = z
  .strictObject({
    name: realmName,
    issuer: z.string().describe('Issuer ("iss") of the tokens.'),
    tokenUrl: z.string().describe('URL of the token endpoint.'),
    tokenProfile: z.string().describe('Format of the tokens and token responses: "rfc9068", "keycloak" or "cognito".'),
    scopes: z
      .array(z.string())
      .describe('Scopes that the realm declares. `entitlements:read` and `decisions:write` can be granted in every realm in addition.'),
    // Older servers send neither.
    defaultScopes: z.array(z.string()).optional().describe('Scopes of a new client for which none are given.'),
    clientIds: z
      .enum(['plain', 'any', 'generated'])
      .optional()
      .describe(
        'Client ids that a new client can have: "plain" for letters, digits, ".", "_" and "-", "any" for other characters, too, "generated" if the server generates them.',
      ),
    capabilities: z
      .record(z.string(), z.union([z.literal('flag'), z.array(z.string())]))
      .describe('Capabilities that organizations can have: "flag" for true or false, otherwise the list of choices.'),
    rateLimitTiers: z.array(z.string()).describe('Names of the rate limit tiers.'),
    requiredDpaVersion: z.string().nullable().describe('Version of the Data Processing Agreement that is required now; null if none is.'),
    tokensNotBefore: tokensNotBefore.describe(
      'Tokens issued before this instant are rejected; null if none are. From the configuration file.',
    ),
  })
  .meta({ id: 'Realm' })

export const organizationSummary = z
  .strictObject({
    id: uuid,
    realm: realmName,
    slug,
    name: z.string(),
    status: z
      .enum(['active', 'suspended'])
      .describe('Status: "active" or "suspended". Tokens of a suspended organization are rejected, and its clients get no new ones.'),
    tokensNotBefore,
    ...versioned,
  })
  .meta({ id: 'OrganizationSummary' })

export const partnerOfOrganization = z.strictObject({ id: partnerId, name: z.string() }).meta({ id: 'PartnerOfOrganization' })
export const organizationOfPartner = z
  .strictObject({
    id: uuid,
    slug,
    name: z.string(),
    status: z.enum(['active', 'suspended']),
    authorizedAt: instant,
  })
  .meta({ id: 'OrganizationOfPartner' })
export const partner = partnerOfOrganization
  .extend({
    realm: realmName,
    organizations: z.int().describe('Number of organizations that may act for the partner.'),
    createdAt: instant,
  })
  .meta({ id: 'Partner' })

export const requestor = z
  .strictObject({ id: uuid.describe('Id of the person, as sent in the header Requestor-ID.'), permissions: z.array(z.string()) })
  .meta({ id: 'Requestor' })
export const requestorOfVersion = requestor
  .extend({
    version: versioned.version.describe('Version of the organization; it also increases when a requestor changes.'),
  })
  .meta({ id: 'RequestorOfVersion' })

/** A list that is complete or absent: a part of it would be mistaken for all of it. */
function listOrTotal<Item extends z.ZodType>(item: Item, what: string, listedBy: string) {
  return z
    .strictObject({
      total: z.int().min(0),
      list: z.array(item).optional().describe(`All of them; absent if there are more than ${maxListed}: use ${listedBy}.`),
    })
    .describe(what)
}

export const organization = organizationSummary
  .extend({
    capabilities,
    partners: listOrTotal(partnerOfOrganization, 'Partners that the organization may act for.', '`partners.ofOrganization`'),
    requestors: listOrTotal(requestor, 'Natural persons on whose behalf the organization can send requests.', '`requestors.list`'),
    dpa: z
      .strictObject({
        status: z.enum(['accepted', 'missing', 'outdated', 'not-required']),
        requiredVersion: z.string().nullable(),
        acceptedVersion: z.string().nullable(),
        acceptedAt: instant.nullable(),
      })
      .describe('Status of the Data Processing Agreement: required and accepted version.'),
    clients: listOrTotal(z.string(), 'Client ids of the organization.', '`clients.list`'),
  })
  .meta({ id: 'Organization' })

const lowered = z.boolean().describe('False if the cut has passed, or if there is none: then nothing was changed.')
export const loweredOrganization = organization.extend({ lowered }).meta({ id: 'LoweredOrganization' })

export const dpaVersion = z
  .strictObject({
    version,
    requiredFrom: instant
      .nullable()
      .describe(
        'End of the grace period, after which this version or a higher one is required; null for the version from the configuration file.',
      ),
    description: z.string().nullable(),
    publishedAt: instant.nullable(),
    textDigest: textDigest
      .nullable()
      .optional() // Older servers do not send it.
      .describe('SHA-256 of the text in UTF-8, in hexadecimal digits; null if the version has no text.'),
  })
  .meta({ id: 'DpaVersion' })
export const dpaAcceptance = z
  .strictObject({
    version,
    acceptedBy: z.string().describe('Name of the person who accepted it, as recorded by the operator, or as typed in the portal.'),
    acceptedAt: instant,
    textDigest: textDigest.nullable().optional().describe('SHA-256 of the text that was accepted; null if it was not recorded.'),
    person: z
      .strictObject({ id: uuid, name: z.string() })
      .nullable()
      .optional()
      .describe('Person who accepted it in the portal; null for an acceptance that an operator recorded.'),
  })
  .meta({ id: 'DpaAcceptance' })

/** Metadata of one secret; of the secret itself only the last four characters. */
export const secret = z
  .strictObject({
    id: uuid,
    lastFour: z.string().describe('Last four characters of the secret, to tell two secrets apart.'),
    createdAt: instant,
    firstUsedAt: instant
      .nullable()
      .describe(
        'Time of the first use of this secret: a successful client authentication, except to cancel a rotation. Null if there was none.',
      ),
    lastUsedAt: instant.nullable().describe('Time of the last use of this secret; null if there was none.'),
    expiresAt: instant.nullable().describe('Expiry of the secret; null if it does not expire.'),
    state: z
      .enum(['current', 'new', 'old'])
      .describe('State of the secret: "current" if it is the only one, "new" or "old" during a rotation.'),
  })
  .meta({ id: 'Secret' })

const defaultScopes = scopes.nullable().meta({
  description:
    'Scopes of a token if none are requested; null for all. With `defaultScopesAlwaysGranted` in the realm, they are granted in addition to requested ones.',
  examples: [['profile']],
})

/** The members of a client that decide what its tokens say, as they can be set. */
export const tokenMembers = {
  subject: subject.nullable().describe(subject.description!),
  defaultScopes,
  claimSet: claimSetName.nullable().describe('Claim set of the client; null for none.'),
  grant: grant.nullable().describe('Grant of the client itself, merged after that of its claim set; null for none.'),
  scopeGrants,
  headerType: headerType.nullable().describe(headerType.description!),
}

/** The same in responses; older servers do not send them. */
const describedTokens = {
  subject: z.string().describe('Subject ("sub") of the tokens.').optional(),
  defaultScopes: z.array(z.string()).nullable().optional(),
  claimSet: z.string().nullable().optional(),
  grant: z.unknown().optional(),
  scopeGrants: z.record(z.string(), z.unknown()).optional(),
  headerType: z.string().nullable().optional(),
}

export const claimSet = z
  .strictObject({
    name: claimSetName,
    realm: realmName,
    description: z.string(),
    grant: z.unknown().describe('Audiences, roles and claims, as in a request.'),
    clients: z.int().describe('Number of clients that use it, as their own or for one of their scopes.'),
    ...versioned,
  })
  .meta({ id: 'ClaimSet' })

export const tokenPreview = z
  .strictObject({
    header: z.record(z.string(), z.unknown()).describe('Header of the token.'),
    claims: z.record(z.string(), z.unknown()).describe('Claims of the token; "jti" and the dates are those of this response.'),
    response: z.record(z.string(), z.unknown()).describe('The token response, without "access_token".'),
    bytes: z.int().describe('Length of the token, about.'),
  })
  .meta({ id: 'TokenPreview' })

export const client = z
  .strictObject({
    id: uuid.describe('Internal id of the client; the subject ("sub") of its tokens, except in the token profile "cognito".'),
    realm: realmName,
    clientId,
    organization: z.strictObject({ id: uuid, slug, name: z.string() }),
    name: z.string(),
    enabled: z.boolean().describe('False if the client is disabled: its tokens are rejected, and it gets no new ones.'),
    serviceAccountEnabled: z
      .boolean()
      .describe(
        'The "service account roles" switch of Keycloak. False is like "enabled": false, but refused token requests have the reason "service-account-off".',
      ),
    authenticationMethods,
    scopes: z.array(z.string()),
    ...describedTokens,
    operatorRealms: z.array(z.string()).nullable().optional().describe(`${operatorRealms.description} Absent in other realms.`),
    operatorScopes: z.array(z.string()).optional().describe(`${operatorScopes.description} Absent in the realm \`operators\`.`),
    accessTokenLifetime: z.number().nullable().describe('Lifetime of the access tokens, in seconds; null for the default of the realm.'),
    signingAlgorithm: z
      .string()
      .nullable()
      .optional() // Older servers do not send it.
      .describe('Signature algorithm of the tokens; null for that of the realm.'),
    tokensNotBefore,
    ...versioned,
    secrets: z.array(secret).describe('Secrets of the client, newest first; at most two.'),
  })
  .meta({ id: 'Client' })

export const operator = z
  .strictObject({
    realm: realmName,
    clientId,
    name: z.string(),
    organization: z.strictObject({ id: uuid, slug, name: z.string() }),
    enabled: z.boolean(),
    owner: z.boolean().describe('True if it may change operators: it has every scope and is not limited.'),
    realms: z.array(z.string()).nullable().describe('The realms that it may act in; null for all.'),
    scopes: z.array(z.string()).describe('The operator scopes that it has there.'),
    version: z.int().describe('Version of its client, for If-Match.'),
    createdAt: instant,
    lastUsedAt: instant
      .nullable()
      .describe('Time of its last sign-in to the console or token, by any of its secrets and keys; null for never.'),
    sessions: z.int().min(0).describe('Sessions in the console that have not ended.'),
  })
  .meta({ id: 'Operator' })

export const loweredClient = client.extend({ lowered }).meta({ id: 'LoweredClient' })

export const clientSecret = z
  .string()
  .nullable()
  .describe(
    'Secret value, shown only in this response. Null if the response is replayed for an Idempotency-Key, or if the client has no secret because it authenticates only by keys.',
  )

const algorithmNames = Object.keys(signingAlgorithms) as [SigningAlgorithmName, ...SigningAlgorithmName[]]

export const keyInput = z.strictObject({
  key: z
    .union(
      [z.string().max(16_384), z.record(z.string(), z.unknown())],
      'Expected a JWK or a JWK Set (an object), or a public key or certificate in PEM',
    )
    .describe(
      'Public key: a JWK or a JWK Set (RFC 7517), or a public key or an X.509 certificate in PEM. A key from a certificate ends with it. A key with private members is refused.',
    ),
  keyId: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('Key id that assertions name ("kid"); if omitted, that of the JWK, or the thumbprint of the key (RFC 7638).'),
  algorithm: z
    .enum(algorithmNames)
    .optional()
    .describe('The one algorithm that the key signs with; if omitted, that of the JWK, the one of its curve, or RS256 for an RSA key.'),
})

export const jwksUri = z
  .string()
  .max(2048)
  .meta({ description: 'URL where the client publishes its keys as a JWK Set (RFC 7517).', examples: ['https://backend.example/jwks'] })

const clientKey = z
  .strictObject({
    id: uuid,
    source: z
      .enum(['key', 'certificate', 'jwks-uri'])
      .describe('"key", "certificate", or "jwks-uri": the address of a set that the client publishes.'),
    keyId: z.string().nullable().describe('Key id that assertions name ("kid"); null for a "jwks-uri".'),
    algorithm: z.string().nullable().describe('Algorithm that the key signs with; for a "jwks-uri", of RSA keys that name none, or null.'),
    jwksUri: z.string().nullable(),
    fingerprint: z.string().nullable().describe('SHA-256 of the certificate in base64url ("x5t#S256"); otherwise null.'),
    createdAt: instant,
    firstUsedAt: instant.nullable().describe('Time of the first client authentication by this key; null if there was none.'),
    lastUsedAt: instant.nullable().describe('Time of the last client authentication by this key; null if there was none.'),
    expiresAt: instant.nullable().describe('End of the certificate; null for a key that does not expire.'),
  })
  .meta({ id: 'ClientKey' })

export const clientKeys = z
  .strictObject({
    client: clientId,
    authenticationMethods,
    keys: z.array(clientKey).describe('Public keys of the client, newest first; at most 10.'),
    version: versioned.version,
  })
  .meta({ id: 'ClientKeys' })

export const rotation = z
  .strictObject({
    client: clientId,
    state: z
      .enum(['stable', 'issued', 'overlapping'])
      .describe(
        'State of the rotation: "stable": none in progress. "issued" and "overlapping": both secrets are valid; the new one has not been used yet (issued) or has been used (overlapping).',
      ),
    secrets: z.array(secret).describe('Secrets of the client, newest first; at most two.'),
    startedAt: instant.nullable(),
    startedBy: z
      .enum(['client', 'operator'])
      .nullable()
      .describe(
        'Party that started the rotation: "client" or "operator". A client can cancel only a rotation that it started itself; an operator can cancel any. Null if no rotation is in progress.',
      ),
    windowEndsAt: instant.nullable().describe('End of the window: the old secret expires then.'),
    maxWindowEndsAt: instant.nullable().describe('Latest instant to which the window can be extended.'),
    oldSecretLastUsedAt: instant.nullable(),
    confirmableAt: instant
      .nullable()
      .describe(
        'Earliest instant at which the rotation can be confirmed, if the old secret is not used again; null if no rotation is in progress or the new secret has not been used.',
      ),
    due: z
      .strictObject({ remindAt: instant, isDue: z.boolean() })
      .describe(
        'Reminder: "remindAt" is the instant at which the next step becomes due, because the secret reaches the reminder age (`remindAfter`) or expires soon, because the window ends soon and the new secret is unused, or at once because the client has no secret. "isDue" is true from then on.',
      ),
  })
  .meta({ id: 'Rotation' })

export const auditEvent = z
  .strictObject({
    id: z.string(),
    at: instant,
    kind: z
      .string()
      .meta({ description: 'Kind of event; see the query parameter "kind" of the search.', examples: ['organizations.create'] }),
    outcome: z.enum(['success', 'refused']).describe('Outcome: "refused" if the request was denied.'),
    reason: z
      .string()
      .nullable()
      .describe(
        'Reason for the denial, often more precise than the response to the caller; "http-" and the status, such as "http-403", for kind "request". Null on success.',
      ),
    realm: z.string().nullable(),
    organizationId: z.string().nullable(),
    organizationSlug: z
      .string()
      .nullable()
      .optional()
      .describe('Slug of the organization at the time of the search; null if it does not exist any more.'),
    clientId: z.string().nullable().describe('Client that the event is about. `actor` and `detail.by` name who made a change.'),
    address: z.string().nullable(),
    requestId: z.string().nullable(),
    callerRequestId: z.string().nullable().describe('The X-Request-Id that the caller sent.'),
    traceId: z.string().nullable().describe('The trace id of the traceparent that the caller sent (W3C Trace Context).'),
    actor: z
      .strictObject({
        kind: z.string().describe('Kind of actor: "operator", "client", "person" or "system".'),
        id: z.string().describe('Client id, id of a person, or for "system" the component: "setup" or "sweep".'),
        name: z.string().optional().describe('Name of a person at that time.'),
        realm: z.string().nullable(),
        via: z
          .string()
          .nullable()
          .describe(
            'Channel of the change: "api" (HTTP, including the CLI), "cli" (a command that opens the store directly) or "system" (periodic maintenance); "console" and "portal" for pages.',
          ),
        onBehalfOf: z.string().nullable(),
      })
      .nullable()
      .describe(
        'Actor of a change. Null for other events, and for changes recorded by older server versions, which wrote only `detail.by`.',
      ),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEvent' })

export const keyVersion = z.int().min(1).max(999_999)
export const keyVersionParams = z.strictObject({
  version: z.coerce.number().int().min(1).max(999_999).describe('Number of the version, as in the key ring ("v1:").'),
})

const nodesWithRing = z
  .array(
    z.strictObject({
      node: z.string().describe('Name of the node, as in its request ids.'),
      versions: z
        .array(keyVersion)
        .nullable()
        .describe('Versions that the node has; null if the node does not say: it is of an older version of the server, or just starting.'),
      differing: z
        .array(keyVersion)
        .describe('Versions of which the node has another key than the node that answers. Replace the key ring of one of them.'),
    }),
  )
  .describe('Running nodes, first the one that answers.')

const versionState = z
  .enum(['waiting', 'current', 'old', 'retired'])
  .describe(
    '"current": used for new values. "old": needed for existing values. "waiting": not used before every running node has it. "retired": no longer needed; remove it from the key rings.',
  )

export const pepper = z
  .strictObject({
    current: keyVersion.describe('Version that is used for new secrets.'),
    versions: z.array(
      z.strictObject({
        version: keyVersion,
        state: versionState,
        clients: z
          .int()
          .describe('Number of clients with a secret under this version that has not expired; of the current version, with any secret.'),
        secrets: z.int().describe('Number of these secrets.'),
        expiredSecrets: z.int().describe('Number of expired secrets under this version; retiring it deletes them.'),
        realms: z.record(z.string(), z.int()).describe('Number of clients by realm, as far as there are any.'),
        auditLog: z.boolean().describe('True if the audit log has seals under this version: they can be verified only with it.'),
        missingOn: z.array(z.string()).describe('Running nodes that lack this version.'),
      }),
    ),
    nodes: nodesWithRing,
  })
  .meta({ id: 'Pepper' })

export const pepperClient = z
  .strictObject({
    realm: realmName,
    client: z.string().describe('Client id.'),
    organization: z.string().describe('Slug of the organization.'),
    enabled: z.boolean().describe('False if the client is disabled: it cannot use its secret.'),
    secret: z.strictObject({
      id: uuid,
      lastFour: z.string(),
      lastUsedAt: instant.nullable(),
      expiresAt: instant.nullable(),
    }),
  })
  .meta({ id: 'PepperClient' })

export const retiredVersion = z
  .strictObject({
    keyVersion,
    retired: z.boolean().describe('True if no server needs the version any more.'),
  })
  .meta({ id: 'RetiredVersion' })

export const retiredPepper = retiredVersion
  .extend({
    ended: z
      .array(z.strictObject({ realm: realmName, client: z.string(), secret: uuid }))
      .describe('Secrets that this call ended. Their clients get no tokens with them.'),
    remaining: z.int().describe('Number of secrets that still depend on the version: repeat the call until it is 0.'),
  })
  .meta({ id: 'RetiredPepper' })

export const keyEncryptionKey = z
  .strictObject({
    current: keyVersion.describe('Version under which private keys are encrypted from now on.'),
    versions: z.array(
      z.strictObject({
        version: keyVersion,
        state: versionState,
        keys: z
          .int()
          .describe(
            'Number of private keys, and of secrets at identity providers of organizations, that are encrypted under this version.',
          ),
        missingOn: z.array(z.string()).describe('Running nodes that lack this version.'),
      }),
    ),
    nodes: nodesWithRing,
  })
  .meta({ id: 'KeyEncryptionKey' })

export const rewrapped = z
  .strictObject({
    keyVersion: keyVersion.describe('Version under which the keys are encrypted now.'),
    rewrapped: z.int().describe('Number of keys that this call encrypted anew.'),
    unreadable: z
      .array(z.strictObject({ realm: z.string(), keyId: z.string() }))
      .describe(
        'Keys that could not be decrypted: the row was altered, or moved from another key. They stay as they are. The secret of an identity provider is named "identity provider of SLUG".',
      ),
  })
  .meta({ id: 'RewrappedKeys' })
