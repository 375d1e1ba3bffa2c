// Verifies access tokens of one or several issuers: form, issuer, header, key, signature, claims, in that order; the result is cached.
// The issuer that a token claims only selects the rules, with the keys of that issuer alone, that then verify it.
// Does not check revocation, which is part of the entitlement and checked on every request.
import * as crypto from 'node:crypto'
import type { SigningAlgorithmName } from '@countersign/protocol'
import { otherIssuer, readClaims, readIssuer, refuseExpired, type ClaimRules, type VerifiedToken } from './claims.ts'
import { InvalidTokenError } from './invalid-token.ts'
import { createJwsParser, findRefusedHeader, hasValidSignature, maxTokenLength, type JsonObject } from './jws.ts'
import { maxKeyIdLength } from './key-requirements.ts'
import { createRecentMap } from './recent-map.ts'
import type { VerificationKey } from './verification-key.ts'

/** `hash()` is faster and newer than Node 20.0; a named import of it could not be loaded there. */
const digest = 'hash' in crypto ? (text: string) => crypto.hash('sha256', text, 'base64') : digestByObject

function digestByObject(text: string): string {
  return crypto.createHash('sha256').update(text).digest('base64')
}

/** The keys of one issuer. */
export interface KeySource {
  /**
   * The key that may verify now, `undefined` if the issuer has none with that id; throws or rejects if that is not known.
   * Must return the same object as long as the key is trusted: verified tokens are cached with the key object that verified
   * them, and a key that is gone or replaced invalidates them.
   */
  find(kid: string): VerificationKey | undefined | Promise<VerificationKey | undefined>
}

/** What is demanded of the tokens of one issuer. */
export interface TokenRules extends ClaimRules {
  readonly algorithms: ReadonlySet<SigningAlgorithmName>
  readonly keys: KeySource
}

export interface TokenVerifierOptions<Rules extends TokenRules> {
  /** Each issuer once. */
  readonly issuers: readonly Rules[]
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Of all issuers together. */
  readonly rememberedTokens: number
}

export interface Verified<Rules extends TokenRules> {
  readonly token: VerifiedToken
  /** Those that verified it. */
  readonly rules: Rules
}

interface Remembered<Rules extends TokenRules> extends Verified<Rules> {
  readonly key: VerificationKey
}

/** Returns a function for the facts of a token; it throws or rejects with an InvalidTokenError or the error of the key source. */
export function createTokenVerifier<Rules extends TokenRules>({
  issuers,
  clock,
  rememberedTokens,
}: TokenVerifierOptions<Rules>): (token: string) => Verified<Rules> | Promise<Verified<Rules>> {
  const rulesOf = new Map(issuers.map((rules) => [rules.issuer, rules]))
  const remembered = createRecentMap<Remembered<Rules>>(rememberedTokens)
  const parseJws = createJwsParser()

  // No promise for a remembered token whose key is at hand: nearly every request gets here.
  return function verifyToken(token) {
    if (token.length > maxTokenLength) throw new InvalidTokenError('altered', 'The access token is too long.')
    // Hash of the whole string, so that no other spelling and no prefix shares the cached result.
    const fingerprint = digest(token)
    const known = remembered.get(fingerprint)
    if (!known) return verifyAnew(token, fingerprint)
    const key = known.rules.keys.find(known.key.kid)
    return key === known.key ? recall(known) : verifyLater(token, fingerprint, known, key)
  }

  function recall(known: Remembered<Rules>): Verified<Rules> {
    refuseExpired(known.token, known.rules.clockSkewSeconds, clock() / 1000)
    return known
  }

  async function verifyLater(
    token: string,
    fingerprint: string,
    known: Remembered<Rules>,
    key: ReturnType<KeySource['find']>,
  ): Promise<Verified<Rules>> {
    return (await key) === known.key ? recall(known) : verifyAnew(token, fingerprint)
  }

  async function verifyAnew(token: string, fingerprint: string): Promise<Verified<Rules>> {
    const jws = parseJws(token)
    // First: the types of other realms differ, and their tokens are genuine.
    const rules = rulesOf.get(readIssuer(jws.payload))
    if (!rules) throw otherIssuer(issuers.length === 1 ? issuers[0]?.issuer : undefined)
    const keyId = readKeyId(jws.header, rules)
    const key = await rules.keys.find(keyId)
    if (!key) {
      const saw = 'its key is unknown, or was compromised'
      throw new InvalidTokenError('altered', 'The access token names a key that the realm does not have.', { saw })
    }
    if (jws.header['alg'] !== key.algorithm) {
      throw new InvalidTokenError('altered', 'The algorithm of the access token does not match its key.')
    }
    if (!rules.algorithms.has(key.algorithm)) {
      throw new InvalidTokenError('wrong-algorithm', `This API does not accept tokens signed by ${key.algorithm}.`)
    }
    if (!hasValidSignature(jws, key)) throw new InvalidTokenError('altered', 'The signature of the access token is invalid.')
    const verified = { token: readClaims(jws.payload, rules, key.kid, clock() / 1000), rules, key }
    remembered.set(fingerprint, verified)
    return verified
  }
}

function readKeyId(header: JsonObject, { profile }: TokenRules): string {
  const refused = findRefusedHeader(header) // Keys inside a token (jwk, jku, x5u, x5c) are never used.
  if (refused !== undefined) throw new InvalidTokenError('altered', `The access token has the header "${refused}", which is not accepted.`)
  const { typ, kid } = header
  if ((typ !== undefined && typeof typ !== 'string') || !profile.acceptedTypes.includes(typ?.toLowerCase())) {
    throw new InvalidTokenError('altered', 'The "typ" of the token does not mark it as an access token.')
  }
  if (typeof kid !== 'string' || kid === '' || kid.length > maxKeyIdLength) {
    throw new InvalidTokenError('altered', 'The access token does not name its key ("kid").')
  }
  return kid
}
