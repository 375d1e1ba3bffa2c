// The signed header: a compact JWS (RFC 7515) that the API behind verifies by itself, so that a request that did not come through the proxy,
// or whose headers were changed on the way, has none that is valid. It is for one request: method, path and at most 30 seconds.
import { constants, sign, type KeyObject, type SignKeyObjectInput } from 'node:crypto'
import { signingAlgorithms, type SigningAlgorithm } from '@countersign/protocol'
import type { Identity } from './identity-headers.ts'
import type { GatewayKey } from './gateway-keys.ts'

export const signatureSeconds = 30

export interface HeaderToSign {
  readonly requestId: string
  readonly method: string
  /** Normalized. */
  readonly path: string
  readonly identity: Identity
}

/** Returns the compact JWS. */
export type SignHeader = (header: HeaderToSign) => string

export interface HeaderSignerOptions {
  /** The first signs. Called for each header, so that keys can be replaced. */
  readonly keys: () => readonly GatewayKey[]
  readonly issuer: string
  readonly audience: string
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

export function createHeaderSigner({ keys, issuer, audience, clock }: HeaderSignerOptions): SignHeader {
  return ({ requestId, method, path, identity }) => {
    const [key] = keys()
    if (!key) throw new Error('The gateway has no key to sign with')
    const issuedAt = Math.floor(clock() / 1000)
    const claims = {
      iss: issuer,
      aud: audience,
      iat: issuedAt,
      exp: issuedAt + signatureSeconds,
      jti: requestId,
      htm: method,
      htu: path,
      client_id: identity['client-id'],
      organization_id: identity['organization-id'],
      partner_id: identity['partner-id'],
      requestor_id: identity['requestor-id'],
      scope: identity.scope,
    }
    return signCompact(key, `${key.encodedHeader}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`)
  }
}

function signCompact({ algorithm, privateKey }: GatewayKey, input: string): string {
  const { digest, padding, saltBytes }: SigningAlgorithm = signingAlgorithms[algorithm]
  return `${input}.${sign(digest, Buffer.from(input), signInput(privateKey, padding, saltBytes)).toString('base64url')}`
}

function signInput(key: KeyObject, padding: SigningAlgorithm['padding'], saltLength: number | undefined): SignKeyObjectInput {
  if (padding === 'pss') return { key, padding: constants.RSA_PKCS1_PSS_PADDING, ...(saltLength !== undefined && { saltLength }) }
  return { key, dsaEncoding: 'ieee-p1363' }
}
