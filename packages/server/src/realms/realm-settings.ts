// The settings of one realm in the configuration file: its addresses, its token profile and its rules.
import { z } from 'zod'
import { expectedVisible, isVisibleText, maxScopeLength } from '@countersign/admin'
import {
  clientAuthenticationMethodNames,
  expectedInstant,
  formatScope,
  parseInstant,
  signingAlgorithms,
  tokenProfiles,
  type SigningAlgorithmName,
  type TokenProfile,
  type TokenProfileName,
} from '@countersign/protocol'
import { duration, formatDuration } from '../units.ts'
import { compatibilitySchema } from './compatibility.ts'
import { declaredScopes, nameOf, scopeNames, scopeToken } from './declared-scopes.ts'
import { aliasPath, issuer, urlPath } from './issuer-setting.ts'

const algorithmName = z.enum(Object.keys(signingAlgorithms) as [SigningAlgorithmName, ...SigningAlgorithmName[]])
const flagName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'a name of letters, digits, "_", "." and "-"')

/** Names that the configuration sets. */
const visibleText = z.string().min(1).max(64).refine(isVisibleText, `text with ${expectedVisible}`)
const instant = z
  .string()
  .refine((text) => parseInstant(text) !== undefined, { error: ({ input }) => expectedInstant(input as string) })
  .meta({ format: 'date-time' })

/**
 * An instance that renews its token as late as possible does so this long after the token has expired: if it waits for a 401, the
 * clock of the API may be a minute behind (`clockSkewSeconds` of a guard); if it renews earlier, it may have to retry; and
 * another node writes the use of a secret some seconds later. Seconds.
 */
export const quietMarginSeconds = 60

const secretRotation = z
  .strictObject({
    window: duration({ atLeast: 60, atMost: 90 * 86_400 })
      .default(7 * 86_400)
      .describe('Time for which both secrets are valid after a rotation was started (7d by default).'),
    maxWindow: duration({ atLeast: 60, atMost: 90 * 86_400 })
      .default(30 * 86_400)
      .describe('Longest window that can be requested (30d by default).'),
    remindAfter: duration({ atLeast: 86_400, atMost: 3650 * 86_400 })
      .default(90 * 86_400)
      .describe('Age at which a secret is due for rotation (90d by default).'),
    quietPeriod: duration({ atLeast: 1, atMost: 7 * 86_400 })
      .optional()
      .describe(
        'Time for which the old secret must be unused before a rotation can be confirmed without force; at least, and by default, one minute more than the lifetime of a token.',
      ),
  })
  .refine(({ window, maxWindow }) => window <= maxWindow, { path: ['window'], error: 'a window that is not longer than "maxWindow"' })

const expectedInterval = '"none", or a duration between 1s and 3650d, such as "90d"'
const rotationInterval = z.union([z.literal('none'), duration({ atLeast: 1, atMost: 3650 * 86_400 })], expectedInterval)

/** Of a realm, and at the top of the configuration for those that do not have it. */
export const signingKeysSchema = z.strictObject({
  rotateEvery: rotationInterval
    .optional()
    .describe('Age at which a signing key is replaced by the one in reserve (90d by default), or "none": only by an operator.'),
  publishBefore: duration({ atLeast: 1, atMost: 30 * 86_400 })
    .optional()
    .describe(
      'Time for which a signing key is published before it signs (24h by default): at least as long as verifiers keep the keys that they have read.',
    ),
})

export interface SigningKeySettings {
  /** Seconds; null for never. */
  readonly rotateEvery: number | null
  /** Seconds. */
  readonly publishBefore: number
}

/** Those of the realm, then those of all realms, then the defaults. */
export function completeSigningKeys(...settings: readonly z.output<typeof signingKeysSchema>[]): SigningKeySettings {
  const first = <Name extends keyof z.output<typeof signingKeysSchema>>(name: Name) =>
    settings.find((one) => one[name] !== undefined)?.[name]
  const rotateEvery = first('rotateEvery') ?? 90 * 86_400
  return { rotateEvery: rotateEvery === 'none' ? null : rotateEvery, publishBefore: first('publishBefore') ?? 86_400 }
}

/** What is expected of them together, if they do not go together. */
export function findRotationFault({ rotateEvery, publishBefore }: SigningKeySettings): string | undefined {
  if (rotateEvery === null || rotateEvery >= publishBefore) return undefined
  return `at least "${formatDuration(publishBefore)}", the time for which the next key is published ("publishBefore"), or "none"`
}

const addressProtection = z.strictObject({
  requestsPerSecond: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(50)
    .describe('Requests per second from an IPv4 address or an IPv6 /64; an IPv6 /56 has four times and a /48 sixteen times as many.'),
  failedAuthentications: z
    .strictObject({
      limit: z.int().min(1).max(1_000_000).default(20).describe('Number of failures that blocks a client at an address.'),
      within: duration({ atLeast: 1, atMost: 86_400 }).default(60).describe('Time in which failures are counted (60s by default).'),
      blockFor: duration({ atLeast: 1, atMost: 86_400 }).default(300).describe('Duration of a block (5m by default).'),
      action: z
        .enum(['close', 'reject'])
        .default('reject')
        .describe('Response to a blocked client: 429 ("reject"), or a closed connection without a response ("close").'),
    })
    .prefault({})
    .describe('Block of a client at an address after failed authentications.'),
})

export const realmSchema = z
  .strictObject({
    issuer: issuer.describe(
      'Issuer of the tokens: a path below publicUrl, "/" for its root, or a full URL, at whose path and origin the realm is.',
    ),
    tokenEndpoint: urlPath.describe('Path of the token endpoint, at the origin of the issuer.'),
    aliases: z
      .array(aliasPath)
      .max(10)
      .default([])
      .describe(
        'Further paths at which all of the realm is, such as "/auth/realms/nt24-idp" for "/realms/nt24-idp". The issuer in its tokens stays the same.',
      ),
    tokenProfile: z
      .enum(Object.keys(tokenProfiles) as [TokenProfileName, ...TokenProfileName[]])
      .default('rfc9068')
      .describe('Format of tokens and token responses.'),
    signingAlgorithm: algorithmName
      .optional()
      .describe(
        'Signature algorithm of the tokens. If omitted, a realm keeps that of the key it has, ES256 first; a new realm gets RS256 with the token profiles "keycloak" and "cognito", ES256 otherwise.',
      ),
    signingAlgorithms: z
      .array(algorithmName)
      .max(Object.keys(signingAlgorithms).length)
      .default([])
      .describe('Further signature algorithms, which single clients may have; requires "signingAlgorithm", the one of all other clients.'),
    signingKeys: signingKeysSchema
      .prefault({})
      .describe('Rotation of the signing keys. What is omitted is as in "signingKeys" at the top of the configuration.'),
    accessTokenLifetime: duration({ atLeast: 1, atMost: 86_400 })
      .default(300)
      .describe('Lifetime of an access token, such as "5m" (the default).'),
    audience: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe(
        'Audience of the tokens: the API that accepts them. Required with the token profile "rfc9068". With "keycloak", a token without a grant that names one has none if it is omitted; with "cognito", it must be omitted.',
      ),
    scopes: declaredScopes
      .default([])
      .describe(
        'Scopes that can be granted to clients: those of the API that "audience" names. "shown: false" leaves one out of the tokens.',
      ),
    apis: z
      .record(z.string().min(1).max(256), z.strictObject({ scopes: declaredScopes.default([]).describe('Scopes of this API.') }))
      .default({})
      .describe(
        'Further APIs by audience. A token is for one of them if the client names it ("resource", RFC 8707) or requests its scopes. Every scope belongs to one API.',
      ),
    omitClaims: z
      .array(z.enum(['client_id', 'organization_id']))
      .max(2)
      .default([])
      .describe('Claims of the token profile that the tokens of this realm do not have.'),
    defaultScopes: z.array(scopeToken).max(50).default([]).describe('Scopes that a new client gets by default.'),
    capabilities: z
      .record(flagName, z.union([z.literal('flag'), z.array(visibleText).min(1)], '"flag" or a list of choices'))
      .default({})
      .describe('Capabilities that organizations can have: "flag" for true or false, or the list of choices.'),
    rateLimitTiers: z
      .record(
        flagName,
        z.strictObject({
          requests: z.int().min(1).max(1_000_000_000).describe('Number of requests of an organization in the interval.'),
          per: duration({ atLeast: 1, atMost: 86_400 }).describe('Interval, such as "1s".'),
        }),
      )
      .default({})
      .describe('Rate limit tiers that organizations can have, by name. Guards apply them; an organization without a tier has no limit.'),
    requiredDpaVersion: visibleText.optional().describe('Version of the Data Processing Agreement that organizations must have accepted.'),
    clientAuthentication: z
      .array(z.enum(clientAuthenticationMethodNames))
      .min(1)
      .optional()
      .describe(
        'Authentication methods that the realm accepts, such as [private_key_jwt] to demand keys. If omitted, all; a client has those that it is registered for.',
      ),
    unsupportedGrantError: z
      .enum(['unsupported_grant_type', 'invalid_grant'])
      .default('unsupported_grant_type')
      .describe('OAuth error for another grant type than client_credentials.'),
    compatibility: compatibilitySchema
      .optional()
      .describe(
        'Ways of Keycloak that the realm follows: "keycloak" for all, "none", or single ones by name. If omitted, realms with the token profile "keycloak" follow all, others none.',
      ),
    multipartRequests: z.boolean().default(false).describe('If true, token requests may also be multipart/form-data.'),
    addressProtection: addressProtection
      .optional()
      .describe(
        'Limits by client address: requests per second, and a block of a client at an address after failed authentications. If omitted, there are none.',
      ),
    tokensNotBefore: instant
      .optional()
      .describe('Tokens issued before this instant are rejected. It must have passed when the server starts.'),
    secretRotation: secretRotation
      .prefault({})
      .describe('Rotation of client secrets: validity of the old secret, reminder and quiet period.'),
  })
  .superRefine((realm, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    const { hasAudience, mayLackAudience, omittable }: TokenProfile = tokenProfiles[realm.tokenProfile]
    if (!mayLackAudience && realm.audience === undefined)
      complain('audience', `an audience, because tokens of the profile "${realm.tokenProfile}" have one`)
    if (!hasAudience && realm.audience !== undefined)
      complain('audience', `no audience, because tokens of the profile "${realm.tokenProfile}" have none`)
    if (!hasAudience && Object.keys(realm.apis).length > 0)
      complain('apis', `no APIs, because tokens of the profile "${realm.tokenProfile}" have no audience to choose one by`)
    if (hasAudience && realm.audience === undefined && Object.keys(realm.apis).length > 0)
      complain('apis', 'no APIs without an "audience", which is the one of a token for which none is chosen')
    if (realm.audience !== undefined && Object.hasOwn(realm.apis, realm.audience))
      complain('apis', `other APIs than "${realm.audience}", whose scopes are "scopes" of the realm`)
    const kept = realm.omitClaims.find((claim) => !omittable.includes(claim))
    if (kept !== undefined) complain('omitClaims', `no "${kept}", which every token of the profile "${realm.tokenProfile}" has`)
    const scopes = scopeNames(realm)
    const lists = [realm.scopes, ...Object.values(realm.apis).map((api) => api.scopes)].map((list) => new Set(list.map(nameOf)))
    const claimed = scopes.find((scope) => lists.filter((list) => list.has(scope)).length > 1)
    if (claimed !== undefined) complain('apis', `each scope in one API; "${claimed}" is in two`)
    // Explicit, so that neither a default nor the age of a key decides for the clients without one of their own.
    if (realm.signingAlgorithms.length > 0 && realm.signingAlgorithm === undefined)
      complain('signingAlgorithm', 'the algorithm of the realm itself, because "signingAlgorithms" has further ones')
    const undeclared = realm.defaultScopes.find((scope) => !scopes.includes(scope))
    if (undeclared !== undefined) complain('defaultScopes', `only scopes that are in "scopes"; "${undeclared}" is not`)
    if (formatScope(realm.defaultScopes).length > maxScopeLength)
      complain('defaultScopes', `scopes of at most ${maxScopeLength} characters together, so that the token stays below 4 kB`)
    const leastQuiet = realm.accessTokenLifetime + quietMarginSeconds
    if ((realm.secretRotation.quietPeriod ?? leastQuiet) < leastQuiet)
      context.addIssue({
        code: 'custom',
        path: ['secretRotation', 'quietPeriod'],
        message: `at least "${formatDuration(leastQuiet)}", or no value: an instance with the old secret requests a token once per token lifetime (${formatDuration(realm.accessTokenLifetime)} here), so a shorter silence does not show that the secret is out of use; one minute is added for clocks and retries`,
      })
    if (Object.hasOwn(realm.capabilities, 'rateLimitTier'))
      complain('capabilities', 'no "rateLimitTier", because "rateLimitTiers" declares it')
  })

export type RealmSettings = z.output<typeof realmSchema>
