// The contestants: the guard decides on a whole request, the others only verify a token.
import { createPublicKey, verify } from 'node:crypto'
import { createGuard, importVerificationKey, indexEntitlement, param, type Requirement } from '@countersign/guard'
import { createVerifier } from 'fast-jwt'
import { importJWK, jwtVerify } from 'jose'
import { audience, entitlementDocument, issuer, partnerId, publicJwk, publicPem } from './realm.ts'

/** Takes a valid token; throws if it is not accepted. */
export type Verifier = (token: string) => unknown

const requirement: Requirement = { partner: param('sellerId'), capability: 'allowMarketplaceLedKyc' }
const otherHeaders = ['Host', 'api.example.com', 'User-Agent', 'undici', 'Accept', '*/*', 'Accept-Encoding', 'gzip']

export function guardVerifier(): Verifier {
  const key = importVerificationKey(publicJwk)
  const entitlement = indexEntitlement(entitlementDocument)
  const guard = createGuard({
    issuer,
    realm: 'nt24-idp',
    publicUrl: 'https://auth.example.com',
    tokenProfile: 'keycloak',
    audience,
    keys: { find: (kid) => (kid === publicJwk.kid ? key : undefined) },
    entitlements: { find: () => entitlement },
  })
  return async (token) => {
    const rawHeaders = [...otherHeaders, 'Authorization', `Bearer ${token}`]
    const decision = await guard.authorize({ rawHeaders, params: { sellerId: partnerId } }, requirement)
    if (!decision.allowed) throw new Error(`The guard denied a good request: ${decision.code}`, { cause: decision.cause })
  }
}

/** The lower limit for all of them: only the check of the signature. */
export function signatureVerifier(): Verifier {
  const key = { key: createPublicKey(publicPem), dsaEncoding: 'ieee-p1363' } as const
  return (token) => {
    const end = token.lastIndexOf('.')
    const isValid = verify('sha256', Buffer.from(token.slice(0, end)), key, Buffer.from(token.slice(end + 1), 'base64url'))
    if (!isValid) throw new Error('The signature of a good token does not hold')
  }
}

export async function joseVerifier(): Promise<Verifier> {
  const key = await importJWK(publicJwk, 'ES256')
  return (token) => jwtVerify(token, key, { issuer, audience, algorithms: ['ES256'] })
}

export function fastJwtVerifier({ cache }: { cache: boolean }): Verifier {
  return createVerifier({ key: publicPem, algorithms: ['ES256'], allowedIss: issuer, allowedAud: audience, cache })
}
