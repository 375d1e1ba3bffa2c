// What the configuration file says of one realm: its addresses, its token layout and the rules its document promises.
import { z } from 'zod'
import { maxScopeLength } from '@countersign/admin'
import {
  formatScope,
  isScopeToken,
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

/**
 * An instance that renews its token as late as can be does so this long after the token has ended: where it waits for a 401, the
 * clock of the API may be a minute behind (`clockSkewSeconds` of a guard); one that renews earlier may have to repeat its request,
 * and another node writes the use of a secret some seconds later. Seconds.
 */
export const quietMargin = 60

const secretRotation = z
  .strictObject({
    window: duration({ atLeast: 60, atMost: 90 * 86_400 }).default(7 * 86_400),
    maxWindow: duration({ atLeast: 60, atMost: 90 * 86_400 }).default(30 * 86_400),
    remindAfter: duration({ atLeast: 86_400, atMost: 3650 * 86_400 }).default(90 * 86_400),
    quietPeriod: duration({ atLeast: 1, atMost: 7 * 86_400 })
      .optional()
      .describe(
        'How long the old secret must not have been used before a rotation is confirmed without force; at least, and by default, the lifetime of a token and a minute.',
      ),
  })
  .refine(({ window, maxWindow }) => window <= maxWindow, { path: ['window'], error: 'a window that is not longer than "maxWindow"' })

const addressProtection = z.strictObject({
  requestsPerSecond: z.int().min(1).max(1_000_000).default(50),
  failedAuthentications: z
    .strictObject({
      limit: z.int().min(1).max(1_000_000).default(20),
      within: duration({ atLeast: 1, atMost: 86_400 }).default(60),
      blockFor: duration({ atLeast: 1, atMost: 86_400 }).default(300),
      action: z.enum(['close', 'reject']).default('close'),
    })
    .prefault({}),
})

export const realmSchema = z
  .strictObject({
    issuer: urlPath.describe('The path of the issuer, below publicUrl; "/" for the root.'),
    tokenEndpoint: urlPath.describe('The path of the token endpoint.'),
    tokenProfile: z
      .enum(Object.keys(tokenProfiles) as [TokenProfileName, ...TokenProfileName[]])
      .default('rfc9068')
      .describe('How tokens and token responses look.'),
    signingAlgorithm: z
      .enum(Object.keys(signingAlgorithms) as [SigningAlgorithmName, ...SigningAlgorithmName[]])
      .default('ES256')
      .describe('What tokens are signed with.'),
    accessTokenLifetime: duration({ atLeast: 1, atMost: 86_400 })
      .default(300)
      .describe('How long a token is good, such as "5m" (the default).'),
    audience: z.string().min(1).max(256).optional().describe('The API that tokens are for; required unless the profile is cognito.'),
    scopes: z.array(scopeToken).max(500).default([]).describe('The scopes that clients can be given.'),
    defaultScopes: z.array(scopeToken).max(50).default([]).describe('The scopes that a new client gets.'),
    capabilities: z.record(flagName, z.union([z.literal('flag'), z.array(z.string().min(1).max(64)).min(1)])).default({}),
    rateLimitTiers: z
      .record(flagName, z.strictObject({ requests: z.int().min(1).max(1_000_000_000), per: duration({ atLeast: 1, atMost: 86_400 }) }))
      .default({}),
    requiredDpaVersion: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('The version of the Data Processing Agreement that organizations must have accepted.'),
    unsupportedGrantError: z.enum(['unsupported_grant_type', 'invalid_grant']).default('unsupported_grant_type'),
    multipartRequests: z.boolean().default(false).describe('Whether multipart/form-data is accepted besides the form encoding.'),
    addressProtection: addressProtection
      .optional()
      .describe('Limits by client address: requests per second, and a block after failed authentications.'),
    tokensNotBefore: z.iso.datetime('an instant in UTC such as "2026-01-31T12:00:00Z"').optional(),
    secretRotation: secretRotation.prefault({}).describe('How long two secrets of a client are good side by side, and when to remind.'),
  })
  .superRefine((realm, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    const needsAudience = tokenProfiles[realm.tokenProfile].hasAudience
    if (needsAudience && realm.audience === undefined)
      complain('audience', `an audience, which tokens of the profile "${realm.tokenProfile}" must name`)
    if (!needsAudience && realm.audience !== undefined)
      complain('audience', `no audience, because the profile "${realm.tokenProfile}" has no place for it`)
    const undeclared = realm.defaultScopes.find((scope) => !realm.scopes.includes(scope))
    if (undeclared !== undefined) complain('defaultScopes', `only scopes that "scopes" lists; "${undeclared}" is not among them`)
    if (formatScope(realm.defaultScopes).length > maxScopeLength)
      complain('defaultScopes', `scopes of at most ${maxScopeLength} characters together, so that the token stays below 4 kB`)
    const leastQuiet = realm.accessTokenLifetime + quietMargin
    if ((realm.secretRotation.quietPeriod ?? leastQuiet) < leastQuiet)
      context.addIssue({
        code: 'custom',
        path: ['secretRotation', 'quietPeriod'],
        message: `at least "${formatDuration(leastQuiet)}", or to be left out: an instance on the old secret asks once in the lifetime of a token, ${formatDuration(realm.accessTokenLifetime)} here, so that nothing was heard of it for less (with a minute for clocks and retries) does not show that it is gone`,
      })
    if (Object.hasOwn(realm.capabilities, 'rateLimitTier')) complain('capabilities', 'no "rateLimitTier", which "rateLimitTiers" declares')
  })

export type RealmSettings = z.output<typeof realmSchema>
