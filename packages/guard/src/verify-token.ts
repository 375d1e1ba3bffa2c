// Verifies an access token of one issuer: form, header, issuer, key, signature, claims, in that order, or remembers that it
// did. Does not check revocation: that is in the entitlement, which is looked at on every request.
import { hash } from 'node:crypto'
import type { SigningAlgorithmName } from '@countersign/protocol'
import { readClaims, refuseExpired, refuseOtherIssuer, type ClaimRules, type VerifiedToken } from './claims.ts'
import { InvalidTokenError } from './invalid-token.ts'
import { createJwsParser, hasValidSignature, longestToken, type JsonObject } from './jws.ts'
import { createRecentMap } from './recent-map.ts'
import { longestKeyId, type VerificationKey } from './verification-key.ts'

/** The keys of one issuer. */
export interface KeySource {
  /**
   * The key that may verify right now, `undefined` if the issuer has none of that id; throws where that cannot be known.
   * Must return the same object for as long as the key is trusted: verified tokens are remembered with the object that
   * verified them, and a key that is gone or replaced takes them along.
   */
  find(kid: string): VerificationKey | undefined | Promise<VerificationKey | undefined>
}

export interface TokenRules extends ClaimRules {
  readonly algorithms: ReadonlySet<SigningAlgorithmName>
  readonly keys: KeySource
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  readonly rememberedTokens: number
}

// A header that changes how the rest is read is refused, known or not (RFC 7515 §4.1.11, RFC 7797). Keys that a token
// brings along (jwk, jku, x5u, x5c) are never looked at.
const refusedHeaders = ['crit', 'b64', 'zip', 'enc', 'cty']

/** Returns a function that resolves to what the token says, or rejects: InvalidTokenError, or the error of the key source. */
export function createTokenVerifier(rules: TokenRules): (token: string) => Promise<VerifiedToken> {
  const remembered = createRecentMap<{ readonly token: VerifiedToken; readonly key: VerificationKey }>(rules.rememberedTokens)
  const parseJws = createJwsParser()

  return async function verifyToken(token) {
    if (token.length > longestToken) throw new InvalidTokenError('altered', 'The access token is too long.')
    // The whole string, so that no two spellings and no prefix share a verdict.
    const fingerprint = hash('sha256', token, 'base64')
    const known = remembered.get(fingerprint)
    if (known && (await rules.keys.find(known.key.kid)) === known.key) {
      refuseExpired(known.token.expiresAt, rules.clockSkewSeconds, rules.clock() / 1000)
      return known.token
    }
    const jws = parseJws(token)
    const keyId = readKeyId(jws.header, rules)
    refuseOtherIssuer(jws.payload, rules.issuer)
    const key = await rules.keys.find(keyId)
    if (!key) throw new InvalidTokenError('altered', 'The access token names a key that the realm does not have.')
    if (jws.header['alg'] !== key.algorithm || !rules.algorithms.has(key.algorithm)) {
      throw new InvalidTokenError('altered', 'The algorithm of the access token does not match its key.')
    }
    if (!hasValidSignature(jws, key)) throw new InvalidTokenError('altered', 'The signature of the access token is invalid.')
    const verified = readClaims(jws.payload, rules, key.kid, rules.clock() / 1000)
    remembered.set(fingerprint, { token: verified, key })
    return verified
  }
}

function readKeyId(header: JsonObject, { profile }: TokenRules): string {
  const refused = refusedHeaders.find((name) => header[name] !== undefined)
  if (refused !== undefined) throw new InvalidTokenError('altered', `The access token has the header "${refused}", which is not accepted.`)
  const { typ, kid } = header
  if ((typ !== undefined && typeof typ !== 'string') || !profile.acceptedTypes.includes(typ?.toLowerCase())) {
    throw new InvalidTokenError('altered', 'The "typ" of the token does not mark it as an access token.')
  }
  if (typeof kid !== 'string' || kid === '' || kid.length > longestKeyId) {
    throw new InvalidTokenError('altered', 'The access token does not name its key ("kid").')
  }
  return kid
}
