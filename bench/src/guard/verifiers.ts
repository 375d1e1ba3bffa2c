// The contestants: the guard decides on a whole request, the others only verify a token.
import { createPublicKey, verify } from 'node:crypto'
import {
  createGuard,
  importVerificationKey,
  indexEntitlement,
  param,
  type Guard,
  type IssuerOptions,
  type Requirement,
} from '@countersign/guard'
import { createVerifier } from 'fast-jwt'
import { importJWK, jwtVerify } from 'jose'
import { audience, entitlementDocument, partnerId, type TokenIssuer } from './realm.ts'
import { remoteGuard } from './remote-realm.ts'

/** Takes a valid token; throws if it is not accepted. */
export type Verifier = (token: string) => unknown

const requirement: Requirement = { partner: param('sellerId'), capability: 'allowMarketplaceLedKyc' }
const otherHeaders = ['Host', 'api.example.com', 'User-Agent', 'undici', 'Accept', '*/*', 'Accept-Encoding', 'gzip']

const refused: Requirement = { ...requirement, scope: 'admin' }
const route = { method: 'GET', route: '/v1/partners/{sellerId}/orders', address: '198.51.100.7' }

/** Of one issuer or of several. */
export function guardVerifier(accepted: readonly TokenIssuer[]): Verifier {
  return verifierOf(createGuard({ issuers: accepted.map(toIssuerOptions) }))
}

/** Of a guard that asks the issuer, and reports its decisions or does not. */
export function remoteVerifier(issuer: TokenIssuer, reports: boolean): Verifier {
  return verifierOf(remoteGuard(issuer, { reports }))
}

function verifierOf(guard: Guard): Verifier {
  return async (token) => {
    const rawHeaders = [...otherHeaders, 'Authorization', `Bearer ${token}`]
    const decision = await guard.authorize({ rawHeaders, params: { sellerId: partnerId }, ...route }, requirement)
    if (!decision.allowed) throw new Error(`The guard denied a good request: ${decision.code}`, { cause: decision.cause })
  }
}

/** The same request at a route that requires a scope which the client lacks. */
export function refusingVerifier(issuer: TokenIssuer, reports: boolean): Verifier {
  const guard = remoteGuard(issuer, { reports })
  return async (token) => {
    const rawHeaders = [...otherHeaders, 'Authorization', `Bearer ${token}`]
    const decision = await guard.authorize({ rawHeaders, params: { sellerId: partnerId }, ...route }, refused)
    if (decision.allowed || decision.code !== 'insufficient-scope') throw new Error('The guard did not refuse a request without the scope')
  }
}

function toIssuerOptions({ issuer, publicJwk }: TokenIssuer): IssuerOptions {
  const key = importVerificationKey(publicJwk)
  const entitlement = indexEntitlement(entitlementDocument)
  return {
    issuer,
    realm: 'nt24-idp',
    publicUrl: new URL(issuer).origin,
    tokenProfile: 'keycloak',
    audience,
    keys: { find: (kid) => (kid === publicJwk.kid ? key : undefined) },
    entitlements: { find: () => entitlement },
  }
}

/** The lower limit for all of them: only the check of the signature. */
export function signatureVerifier({ publicPem }: TokenIssuer): Verifier {
  const key = { key: createPublicKey(publicPem), dsaEncoding: 'ieee-p1363' } as const
  return (token) => {
    const end = token.lastIndexOf('.')
    const isValid = verify('sha256', Buffer.from(token.slice(0, end)), key, Buffer.from(token.slice(end + 1), 'base64url'))
    if (!isValid) throw new Error('The signature of a good token does not hold')
  }
}

export async function joseVerifier({ issuer, publicJwk }: TokenIssuer): Promise<Verifier> {
  const key = await importJWK(publicJwk, 'ES256')
  return (token) => jwtVerify(token, key, { issuer, audience, algorithms: ['ES256'] })
}

export function fastJwtVerifier({ issuer, publicPem }: TokenIssuer, { cache }: { cache: boolean }): Verifier {
  return createVerifier({ key: publicPem, algorithms: ['ES256'], allowedIss: issuer, allowedAud: audience, cache })
}
