// Realms in memory for the verifiers: each has one key, one organization with a hundred partners, and distinct tokens.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import type { EntitlementDocument } from '@countersign/protocol'

export interface TokenIssuer {
  readonly issuer: string
  readonly publicJwk: Readonly<Record<string, unknown>> & { readonly kid: string }
  readonly publicPem: string
  /** Tokens in the Keycloak profile, valid for an hour. */
  mintTokens(count: number): string[]
}

export const audience = 'nt24-integration-api'
const clientId = 'api-client-acme'
const organizationId = randomUUID()
const kid = 'key-1'

const partners = Array.from({ length: 100 }, (_, index) => ({ id: randomUUID(), name: `Partner ${index}` }))

/** The partner in every measured request. */
export const partnerId = partners[50]?.id

/** With a rate limit that no measurement reaches, and whose numbers are whole ones of 32 bits for the engine, as those of real limits are. */
export const entitlementDocument: EntitlementDocument = {
  organization: {
    id: organizationId,
    slug: 'acme',
    name: 'Acme',
    status: 'active',
    capabilities: { allowMarketplaceLedKyc: true, rateLimitTier: 'standard' },
    dpa: { status: 'accepted', requiredVersion: '2026-01', acceptedVersion: '2026-01', acceptedAt: '2026-01-02T03:04:05Z' },
    rateLimit: { tier: 'standard', limit: 1e9, windowSeconds: 1 },
    tokensNotBefore: 0,
    partners: { total: partners.length, list: partners },
    requestors: { total: 0, list: [] },
  },
  client: {
    clientId,
    subject: organizationId,
    scopes: ['profile', 'email'],
    enabled: true,
    tokensNotBefore: 0,
    revokedTokenIds: [],
    secret: null,
  },
  asOf: { revision: 1, state: 'state-1', ageSeconds: 0 },
}

/** Alike but for their names and keys. */
export const issuers = ['https://auth.example.com', 'https://id.example.org', 'https://login.example.net'].map((host) =>
  createTokenIssuer(`${host}/realms/nt24-idp`),
) as [TokenIssuer, TokenIssuer, TokenIssuer]

function createTokenIssuer(issuer: string): TokenIssuer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const header = encode({ alg: 'ES256', typ: 'JWT', kid })

  function mintToken(): string {
    const iat = Math.floor(Date.now() / 1000)
    const claims = {
      exp: iat + 3600,
      iat,
      jti: randomUUID(),
      iss: issuer,
      aud: audience,
      sub: organizationId,
      typ: 'Bearer',
      azp: clientId,
      scope: 'profile email',
      client_id: clientId,
      organization_id: organizationId,
    }
    const input = `${header}.${encode(claims)}`
    return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }

  return {
    issuer,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
    publicPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    mintTokens: (count) => Array.from({ length: count }, mintToken),
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
