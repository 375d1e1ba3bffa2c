// A realm in memory for the verifiers: one key, one organization with a hundred partners, and distinct tokens.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import type { EntitlementDocument } from '@countersign/protocol'

export const issuer = 'https://auth.example.com/realms/nt24-idp'
export const audience = 'nt24-integration-api'
const clientId = 'api-client-acme'
const organizationId = randomUUID()
const kid = 'key-1'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }
export const publicPem = publicKey.export({ format: 'pem', type: 'spki' }).toString()

const partners = Array.from({ length: 100 }, (_, index) => ({ id: randomUUID(), name: `Partner ${index}` }))

/** The partner in every measured request. */
export const partnerId = partners[50]?.id

/** With a rate limit that no measurement reaches. */
export const entitlementDocument: EntitlementDocument = {
  organization: {
    id: organizationId,
    slug: 'acme',
    name: 'Acme',
    status: 'active',
    capabilities: { allowMarketplaceLedKyc: true, rateLimitTier: 'standard' },
    dpa: { status: 'accepted', requiredVersion: '2026-01', acceptedVersion: '2026-01', acceptedAt: '2026-01-02T03:04:05Z' },
    rateLimit: { tier: 'standard', limit: 1e12, windowSeconds: 1 },
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

/** Tokens in the Keycloak profile, valid for an hour. */
export function mintTokens(count: number): string[] {
  const header = encode({ alg: 'ES256', typ: 'JWT', kid })
  const iat = Math.floor(Date.now() / 1000)
  return Array.from({ length: count }, () => {
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
  })
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
