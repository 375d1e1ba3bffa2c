// The JWT by which a client authenticates (RFC 7523 §3): its form, and what its claims must say. Neither depends on a client.
import { createJwsParser, findRefusedHeader, maxTokenLength, type CompactJws } from '@countersign/guard'
import type { AuthenticationFailure } from '../errors.ts'
import { usualName } from '../keys/algorithm-names.ts'
import { clockToleranceSeconds, type AssertionRules } from './assertion-rules.ts'

const maxIdLength = 128
const maxKeyIdLength = 256

/** draft-ietf-oauth-rfc7523bis §4; `JWT` and none are what clients have sent so far. Not `at+jwt`: an access token is no assertion. */
const types: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'client-authentication+jwt'])

export interface ClientJwt extends CompactJws {
  readonly clientId: string
  readonly keyId: string | undefined
  /** The algorithm by our name for it; may be any text, or none. */
  readonly algorithm: unknown
}

/**
 * Returns a parser that gives undefined for anything but a compact JWS of the right type with a subject. Of the header only `alg` and
 * `kid` count later on: a key in it, or the address of one (`jwk`, `jku`, `x5c`, `x5u`), is the caller's own.
 */
export function createClientJwtParser(): (text: string) => ClientJwt | undefined {
  const parse = createJwsParser()
  return (text) => {
    const jws = text.length > maxTokenLength ? undefined : parsed(() => parse(text))
    if (!jws) return undefined
    const { typ, kid } = jws.header
    const { sub } = jws.payload
    const isKeyId = kid === undefined || (typeof kid === 'string' && kid !== '' && kid.length <= maxKeyIdLength)
    if (findRefusedHeader(jws.header) !== undefined || !isKeyId || !types.has(typeof typ === 'string' ? typ.toLowerCase() : typ))
      return undefined
    return typeof sub === 'string' ? { ...jws, clientId: sub, keyId: kid, algorithm: usualName(jws.header['alg']) } : undefined
  }
}

function parsed(parse: () => CompactJws): CompactJws | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}

/** What is wrong with the claims (RFC 7523 §3), undefined if they are right. @param now milliseconds since the epoch */
export function findClaimsFault({ payload }: ClientJwt, rules: AssertionRules, now: number): AuthenticationFailure | undefined {
  const { iss, sub, aud, exp, nbf, iat, jti } = payload
  const seconds = now / 1000
  if (iss !== sub) return 'wrong-assertion'
  if (typeof jti !== 'string' || jti === '' || jti.length > maxIdLength) return 'wrong-assertion'
  const audience = rules.acceptsList && Array.isArray(aud) && aud.length === 1 ? (aud[0] as unknown) : aud
  if (typeof audience !== 'string' || !rules.audiences.includes(audience)) return 'wrong-assertion-audience'
  if (!isInstant(exp) || exp + clockToleranceSeconds <= seconds) return 'expired-assertion'
  if (exp > seconds + rules.maxLifetimeSeconds) return 'assertion-lifetime-too-long'
  const oldest = seconds - rules.maxLifetimeSeconds - clockToleranceSeconds
  const isOld = isInstant(iat) && iat < oldest // RFC 7523 §3: an assertion that was made long ago may have been copied since.
  return isOld || isFuture(nbf, seconds) || isFuture(iat, seconds) ? 'wrong-assertion' : undefined
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/** A client whose clock is a little ahead is not refused for it. */
function isFuture(instant: unknown, seconds: number): boolean {
  return instant !== undefined && (!isInstant(instant) || instant > seconds + clockToleranceSeconds)
}
