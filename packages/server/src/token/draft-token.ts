// Creates access tokens in two steps: first the claims in the layout of the realm's profile, later the signature (RFC 7515, RFC
// 7519). The audit log gets its facts before a token exists that could leave.
import { randomUUID } from 'node:crypto'
import { tokenProfiles, type TokenProfile } from '@countersign/protocol'
import type { ClientRecord } from '../cache/records.ts'
import type { Realm } from '../realms/realm.ts'
import type { SigningKey } from '../keys/signing-keys.ts'
import { subjectOf } from '../realms/subject.ts'
import { issuedAtAfterCut } from './token-cut.ts'

export interface TokenDraft {
  readonly tokenId: string
  readonly lifetimeSeconds: number
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** Returns the token, as a JWS in compact form. */
  sign(): string
}

/** Prepares what all tokens of a realm share. The returned function only computes: no I/O, no state. */
export function createTokenDrafter(
  realm: Realm,
): (key: SigningKey, client: ClientRecord, scope: string, nowMilliseconds: number) => TokenDraft {
  const profile: TokenProfile = tokenProfiles[realm.tokenProfile]
  const headers = new WeakMap<SigningKey, string>()

  function headerOf(key: SigningKey): string {
    let header = headers.get(key)
    if (header === undefined) headers.set(key, (header = encode({ alg: key.algorithm, typ: profile.headerType, kid: key.kid })))
    return header
  }

  return (key, client, scope, now) => {
    const issuedAt = issuedAtAfterCut(now, Math.max(realm.tokensNotBefore, client.tokensNotBefore, client.organization.tokensNotBefore))
    const lifetimeSeconds = client.accessTokenLifetime ?? realm.accessTokenLifetime
    const expiresAt = Math.floor(now / 1000) + lifetimeSeconds
    const tokenId = randomUUID()
    const claims = profile.claims({
      issuer: realm.issuer,
      audience: realm.audience,
      clientId: client.clientId,
      subject: subjectOf(realm, client),
      organizationId: client.organization.id,
      scope,
      tokenId,
      issuedAt,
      expiresAt,
    })
    return { tokenId, lifetimeSeconds, issuedAt, expiresAt, sign: () => sign(key, `${headerOf(key)}.${encode(claims)}`) }
  }
}

function sign(key: SigningKey, input: string): string {
  return `${input}.${key.sign(toBytes(input)).toString('base64url')}`
}

function encode(value: Record<string, unknown>): string {
  return toBytes(JSON.stringify(value)).toString('base64url')
}

/** Buffer for the UTF-8 bytes of a text, which are needed only for a moment; most texts fit. */
const scratch = Buffer.allocUnsafe(16_384)

/** Valid until the next call. */
function toBytes(text: string): Buffer {
  // A UTF-16 code unit takes at most three bytes in UTF-8.
  return text.length * 3 > scratch.length ? Buffer.from(text) : scratch.subarray(0, scratch.write(text))
}
