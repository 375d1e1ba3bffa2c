// The shapes of signing keys: those with which a realm signs its tokens.
import { z } from 'zod'
import { instant, realmName, signingAlgorithm } from './shapes.ts'

/** An imported key keeps the id under which verifiers know it; "." and ".." would be lost from a path. */
export const signingKeyId = z
  .string()
  .regex(/^[!-~]{1,256}$/, 'Expected 1 to 256 visible ASCII characters')
  .refine((text) => text !== '.' && text !== '..', 'Expected a key id other than "." and ".."')
  .meta({
    description: 'Id of a signing key ("kid").',
    examples: ['Dx2Vh3bZ0mYlWkq1c9R6tPz8nE5uJfAoBsQyLgXrT4w'],
    not: { enum: ['.', '..'] },
  })

export const signingKey = z
  .strictObject({
    keyId: z.string().describe('Id of the key, as tokens and the JWKS name it ("kid").'),
    realm: realmName,
    algorithm: signingAlgorithm.describe('Signature algorithm of the key.'),
    state: z
      .enum(['staged', 'active', 'retiring', 'retired', 'compromised'])
      .describe(
        'State: "staged" (published, does not sign yet), "active" (signs), "retiring" (published, its tokens may still be valid), "retired" (all its tokens have expired) or "compromised" (its tokens are rejected). Private keys of the last two are erased.',
      ),
    origin: z.enum(['made', 'imported']).describe('"made" by this server, or "imported".'),
    createdAt: instant.describe('Time at which the key was made or imported.'),
    ageSeconds: z.int().min(0).describe('Seconds since then.'),
    publishedAt: instant.nullable().describe('Time since which the JWKS has it; null if verifiers knew it before it was imported.'),
    activatedAt: instant.nullable().describe('Time since which it signs, or signed first; null if it never did.'),
    stateSince: instant.nullable().describe('Time of the last change of state; null for a key of an earlier release.'),
    reserve: z.boolean().describe('True for the staged key that signs next: by the next activation, or if the active one is compromised.'),
    maySignFrom: instant
      .nullable()
      .describe(
        'Earliest instant at which a staged key can be activated, `publishBefore` after all servers publish it; null in other states.',
      ),
    maySignInEmergencyFrom: instant
      .nullable()
      .describe('Earliest instant at which a staged key can be activated in an emergency: when every node publishes it.'),
    keptUntil: instant
      .nullable()
      .describe('Instant until which a retiring key stays in the JWKS, because its tokens may be valid; null in other states.'),
    certificates: z
      .array(
        z.strictObject({
          subject: z.string().describe('Subject of the certificate.'),
          fingerprint: z.string().describe('SHA-256 of the certificate in base64url ("x5t#S256").'),
          expiresAt: instant.describe('End of the certificate.'),
        }),
      )
      .describe('Certificates that are published with the key ("x5c"), its own first; none for a key made by this server.'),
  })
  .meta({ id: 'SigningKey' })

/** What a change of one key did, and the keys of its algorithm as they are now. */
export const changedSigningKey = z
  .strictObject({
    key: signingKey.describe('The key that was changed.'),
    replaced: signingKey
      .nullable()
      .describe('The key that signed before and retires now; null if there was none, and for all operations but "signingKeys.activate".'),
    successor: signingKey
      .nullable()
      .describe(
        'The key in reserve, which signs from now on in place of a compromised one; null if the key did not sign, or if no other may.',
      ),
    noSignatureUntil: instant
      .nullable()
      .describe(
        'Instant until which no key of the algorithm may sign, so that token requests get 503, because no staged key is published by every node yet; null if a key signs, or if there is no staged key.',
      ),
  })
  .meta({ id: 'ChangedSigningKey' })

export const importedKey = z.strictObject({
  key: z
    .union([z.string().max(16_384), z.record(z.string(), z.unknown())], 'Expected a private key in PEM, or a private JWK (an object)')
    .describe(
      'Private key: PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted) or a private JWK (RFC 7517). It is stored encrypted, and never shown, logged or audited.',
    ),
  keyId: signingKeyId
    .optional()
    .describe('Id under which verifiers know the key ("kid"); if omitted, that of the JWK, or the thumbprint of the key (RFC 7638).'),
  algorithm: signingAlgorithm
    .optional()
    .describe('Algorithm that the key signs with; if omitted, that of the JWK, the one of its curve, or RS256 for an RSA key.'),
  certificates: z
    .string()
    .max(150_000)
    .optional()
    .describe(
      'Certificates of the key in PEM, its own first, each signed by the next; published as "x5c", "x5t" and "x5t#S256" (RFC 7517 sections 4.7 to 4.9). At most 10 of 8 kB, all valid now.',
    ),
  alreadyPublished: z
    .boolean()
    .default(false)
    .describe(
      'If true, all verifiers know the key already, as when this server takes over the issuer of another one: it can be activated as soon as every node publishes it.',
    ),
})
