// The claims of a token whose signature is valid: parsed strictly into facts. Other members of the payload are dropped.
import { parseScope, ScopeSyntaxError, type TokenProfile } from '@countersign/protocol'
import { namesAudience, type AcceptedAudiences } from './audience.ts'
import { InvalidTokenError } from './invalid-token.ts'
import type { JsonObject } from './jws.ts'

/** The facts of a verified token. Instants are seconds since the epoch. */
export interface VerifiedToken {
  readonly issuer: string
  readonly clientId: string
  readonly subject: string
  /** `undefined` in tokens without it; if it is there, the client must belong to this organization. */
  readonly organizationId: string | undefined
  /** In an access or a verdict: only the scopes that the client still has. */
  readonly scope: string
  readonly scopes: ReadonlySet<string>
  readonly tokenId: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly keyId: string
}

export interface ClaimRules {
  readonly issuer: string
  readonly profile: TokenProfile
  /** `undefined` in a profile without one, and for the server that issued the tokens. */
  readonly audiences: AcceptedAudiences
  readonly clockSkewSeconds: number
  readonly issuedAheadSeconds: number
  /** Called for a genuine token that is refused because it starts this much later than now: most likely the clock of the guard is behind. */
  readonly onIssuedAhead?: ((seconds: number, issuer: string) => void) | undefined
}

/**
 * Reads the claims that `rules` require. Checks neither the signature nor the issuer.
 * @throws InvalidTokenError naming the claim that is wrong.
 */
export function readClaims(claims: JsonObject, rules: ClaimRules, keyId: string, nowSeconds: number): VerifiedToken {
  if (rules.audiences) refuseOtherAudience(claims['aud'], rules.audiences)
  const { mark } = rules.profile
  if (mark && claims[mark.claim] !== mark.value) throw refusal(`"${mark.claim}" does not mark it as an access token`)
  if (claims['cnf'] !== undefined) {
    throw refusal('"cnf" binds it to its sender, which is not supported for Bearer tokens (RFC 7800)')
  }
  const issuedAt = readInstant(claims, 'iat')
  const expiresAt = readInstant(claims, 'exp')
  // Each comparison is written so that a clock that returns NaN denies.
  const latestStart = nowSeconds + rules.issuedAheadSeconds
  const refuseAhead = (name: string, instant: number) => {
    rules.onIssuedAhead?.(instant - nowSeconds, rules.issuer)
    throw new InvalidTokenError('ahead', `The access token is not valid yet by the clock of this API: its "${name}" lies in the future.`)
  }
  // A token that is issued just after older ones were cut off is dated to the cut, which reaches up to 1.5 s ahead.
  if (!(issuedAt <= Math.max(latestStart, nowSeconds + 2))) refuseAhead('iat', issuedAt)
  if (claims['nbf'] !== undefined) {
    const notBefore = readInstant(claims, 'nbf')
    if (!(notBefore <= latestStart)) refuseAhead('nbf', notBefore)
  }
  const { scope, scopes } = readScope(claims['scope'])
  const token = Object.freeze({
    issuer: rules.issuer,
    clientId: readClientId(claims, rules.profile),
    subject: readText(claims, 'sub'),
    organizationId: claims['organization_id'] === undefined ? undefined : readText(claims, 'organization_id'),
    scope,
    scopes,
    tokenId: readText(claims, 'jti'),
    issuedAt,
    expiresAt,
    keyId,
  })
  refuseExpired(token, rules.clockSkewSeconds, nowSeconds) // Last: "expired" tells the client that all other checks passed.
  return token
}

/**
 * The most common mistake; it is detected without a key or a signature check.
 * @param issuer the only one whose tokens are accepted; several are not listed, because they may be customers of the provider
 */
export function otherIssuer(issuer: string | undefined): InvalidTokenError {
  const accepted = issuer === undefined ? 'this API accepts no tokens of that realm.' : `this API accepts only tokens of ${issuer}`
  return new InvalidTokenError(
    'wrong-realm',
    `The access token was issued by another realm. Verify the realm in your token URL: ${accepted}`,
  )
}

/** @throws InvalidTokenError if the token names none: it is not of another realm, but no access token of any. */
export function readIssuer({ iss }: JsonObject): string {
  if (typeof iss === 'string' && iss !== '') return iss
  throw new InvalidTokenError('altered', 'The access token does not name its issuer ("iss").')
}

/** A token is valid while now < exp + skew (RFC 7519 §4.1.4). */
export function refuseExpired(token: VerifiedToken, clockSkewSeconds: number, nowSeconds: number): void {
  const { expiresAt } = token
  if (nowSeconds < expiresAt + clockSkewSeconds) return
  throw new InvalidTokenError('expired', 'The access token has expired.', {
    saw: `expired ${Math.floor(nowSeconds - expiresAt)} s ago`,
    token,
  })
}

function refuseOtherAudience(aud: unknown, accepted: ReadonlySet<string>): void {
  if (namesAudience(aud, accepted)) return
  const reason = aud === undefined ? 'it has no audience ("aud")' : 'its audience is not the audience of this API'
  throw new InvalidTokenError('wrong-audience', `The access token was issued for another API: ${reason}.`)
}

function readInstant(claims: JsonObject, name: string): number {
  const value = claims[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw refusal(`"${name}" is not a whole number of seconds`)
}

function readText(claims: JsonObject, name: string): string {
  const value = claims[name]
  if (typeof value === 'string' && value !== '') return value
  throw refusal(`"${name}" is not a string`)
}

function readClientId(claims: JsonObject, profile: TokenProfile): string {
  const clientId = profile.clientId(claims)
  if (typeof clientId === 'string' && clientId !== '') return clientId
  throw refusal('client is not named by a string')
}

function readScope(claim: unknown): { scope: string; scopes: ReadonlySet<string> } {
  if (claim === undefined) return { scope: '', scopes: new Set() }
  if (typeof claim !== 'string') throw refusal('"scope" is not a text')
  try {
    return { scope: claim, scopes: new Set(parseScope(claim)) }
  } catch (error) {
    throw error instanceof ScopeSyntaxError ? refusal('"scope" is not a list of scope tokens') : error
  }
}

function refusal(reason: string): InvalidTokenError {
  return new InvalidTokenError('altered', `The access token was not issued by this realm: its ${reason}.`)
}
