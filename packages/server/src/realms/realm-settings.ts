// The settings of one realm in the configuration file: its addresses, its token profile and its rules.
import { z } from 'zod'
import { expectedVisible, isVisibleText, maxScopeLength } from '@countersign/admin'
import {
  clientAuthenticationMethodNames,
  expectedInstant,
  formatScope,
  isScopeToken,
  parseInstant,
  signingAlgorithms,
  tokenProfiles,
  type SigningAlgorithmName,
  type TokenProfileName,
} from '@countersign/protocol'
import { duration, formatDuration } from '../units.ts'

const urlPath = z
  .string()
  .regex(
    /^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/,
    'a path such as "/realms/nt24-idp", without a trailing slash, query or fragment',
  )
const scopeToken = z.string().refine(isScopeToken, 'a scope token (RFC 6749 §3.3)')
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
    issuer: urlPath.describe('Path of the issuer, below publicUrl; "/" for the root.'),
    tokenEndpoint: urlPath.describe('Path of the token endpoint, below publicUrl.'),
    tokenProfile: z
      .enum(Object.keys(tokenProfiles) as [TokenProfileName, ...TokenProfileName[]])
      .default('rfc9068')
      .describe('Format of tokens and token responses.'),
    signingAlgorithm: z
      .enum(Object.keys(signingAlgorithms) as [SigningAlgorithmName, ...SigningAlgorithmName[]])
      .optional()
      .describe(
        'Signature algorithm of the tokens. If omitted, a realm keeps that of the key it has, ES256 first; a new realm gets RS256 with the token profiles "keycloak" and "cognito", ES256 otherwise.',
      ),
    accessTokenLifetime: duration({ atLeast: 1, atMost: 86_400 })
      .default(300)
      .describe('Lifetime of an access token, such as "5m" (the default).'),
    audience: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('Audience of the tokens: the API that accepts them. Required, except with the token profile "cognito", which has none.'),
    scopes: z.array(scopeToken).max(500).default([]).describe('Scopes that can be granted to clients.'),
    defaultScopes: z.array(scopeToken).max(50).default([]).describe('Scopes that a new client gets by default.'),
    capabilities: z
      .record(flagName, z.union([z.literal('flag'), z.array(visibleText).min(1)]))
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
    const needsAudience = tokenProfiles[realm.tokenProfile].hasAudience
    if (needsAudience && realm.audience === undefined)
      complain('audience', `an audience, because tokens of the profile "${realm.tokenProfile}" have one`)
    if (!needsAudience && realm.audience !== undefined)
      complain('audience', `no audience, because tokens of the profile "${realm.tokenProfile}" have none`)
    const undeclared = realm.defaultScopes.find((scope) => !realm.scopes.includes(scope))
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
