// The token by which the identity provider says that a person has signed out there (OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6).
import { isVisibleText } from '@countersign/admin'
import { createJwsParser, findRefusedHeader, hasValidSignature, type CompactJws } from '@countersign/guard'
import type { Clock } from '../clock.ts'
import type { BoundedFetch } from '../outbound/bounded-fetch.ts'
import { createDiscovered } from './discovered.ts'
import type { IdentityProvider } from './identity-provider.ts'
import { fetchLogoutKeys, type PublishedKey } from './logout-keys.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

export interface Logout {
  readonly issuer: string
  /** At least one of the two. */
  readonly subject: string | undefined
  readonly idpSession: string | undefined
  /** Names the token. */
  readonly tokenId: string
  /** From when on it is refused, whatever it says of its end. Milliseconds since the epoch. */
  readonly endsAt: number
}

const eventName = 'http://schemas.openid.net/event/backchannel-logout'
const maxLength = 16_384
const maxTextLength = 255
/** Of the keys with the id and the algorithm of a token: an organization chooses its identity provider, and a signature takes up to 1.5 ms. */
const maxTried = 3
const toleranceSeconds = 60
/** One that is older was kept by a third party: it may end a session that began since. Seconds. */
const maxAgeSeconds = 300

/** How long a key counts after the identity provider has withdrawn it. */
const keysMs = 60_000

/** @throws SignInRefusal `sign-in-invalid` with what is wrong; `idp-away` without its keys */
export type ReadLogout = (token: unknown) => Promise<Logout>

export function createLogoutReader(idp: Pick<IdentityProvider, 'describe' | 'settings'>, fetch: BoundedFetch, clock: Clock): ReadLogout {
  const keys = createDiscovered(async () => fetchLogoutKeys(fetch, (await idp.describe()).keysUrl), keysMs, clock)
  return async (token) => {
    const jws = read(token)
    const { issuer } = await idp.describe()
    const fault = findClaimsFault(jws, issuer, idp.settings.clientId, clock() / 1000)
    if (fault !== undefined) throw refused(fault)
    if (!isSigned(jws, await keys.get())) throw refused('logout-signature')
    const { sub, sid, jti, iat } = jws.payload as { sub?: string; sid?: string; jti: string; iat: number }
    return { issuer, subject: sub, idpSession: sid, tokenId: jti, endsAt: Math.ceil((iat + maxAgeSeconds) * 1000) }
  }
}

const parse = createJwsParser()

function read(token: unknown): CompactJws {
  if (typeof token !== 'string' || token.length > maxLength) throw refused('logout-malformed')
  try {
    return parse(token)
  } catch {
    throw refused('logout-malformed')
  }
}

function findClaimsFault({ header, payload }: CompactJws, issuer: string, clientId: string, now: number): string | undefined {
  const { iss, aud, iat, exp, jti, events, nonce, sub, sid } = payload
  if (findRefusedHeader(header) !== undefined) return 'logout-header'
  if (iss !== issuer) return 'logout-issuer'
  if (aud !== clientId && !(Array.isArray(aud) && aud.includes(clientId))) return 'logout-audience'
  if (nonce !== undefined) return 'logout-nonce' // An ID token has one: it must not pass for a logout.
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, eventName)) return 'logout-events'
  if (!isTime(iat) || iat > now + toleranceSeconds || iat < now - maxAgeSeconds) return 'logout-time'
  if (!isTime(exp) || exp <= now - toleranceSeconds) return 'logout-time'
  if (!isText(jti) || (!isName(sub) && sub !== undefined) || (!isName(sid) && sid !== undefined)) return 'logout-claims'
  return sub === undefined && sid === undefined ? 'logout-claims' : undefined
}

/** The algorithm is that of the key: a token does not choose it (RFC 8725 §3.1). */
function isSigned(jws: CompactJws, keys: readonly PublishedKey[]): boolean {
  const { alg, kid } = jws.header
  const named = keys.filter((key) => key.alg === alg && (kid === undefined || key.kid === kid)).slice(0, maxTried)
  return named.some(({ load }) => {
    const key = load()
    return key !== undefined && hasValidSignature(jws, key)
  })
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxTextLength
}

/** Nothing else is stored of a person: PostgreSQL takes no U+0000. */
function isName(value: unknown): value is string {
  return isText(value) && isVisibleText(value)
}

function refused(reason: string): SignInRefusal {
  return new SignInRefusal('sign-in-invalid', reason)
}
