// Makes access tokens: the facts, laid out by the realm's profile, signed with the realm's key (RFC 7515, RFC 7519).
import { randomUUID } from 'node:crypto'
import { tokenProfiles, type TokenProfile } from '@countersign/protocol'
import type { ClientRecord } from '../directory/read-organizations.ts'
import type { Realm } from '../configuration/configuration.ts'
import type { SigningKey } from '../keys/signing-keys.ts'

export interface IssuedToken {
  readonly jwt: string
  readonly tokenId: string
  readonly lifetimeSeconds: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** Prepares what all tokens of a realm share. The returned function does nothing but compute: no I/O, no state. */
export function createTokenIssuer(
  realm: Realm,
  key: SigningKey,
): (client: ClientRecord, scope: string, nowMilliseconds: number) => IssuedToken {
  const profile: TokenProfile = tokenProfiles[realm.tokenProfile]
  const header = encode({ alg: key.algorithm, typ: profile.headerType, kid: key.kid })

  return (client, scope, now) => {
    const issuedAt = Math.floor(now / 1000)
    const lifetimeSeconds = client.accessTokenLifetime ?? realm.accessTokenLifetime
    const expiresAt = issuedAt + lifetimeSeconds
    const tokenId = randomUUID()
    const claims = profile.claims({
      issuer: realm.issuer,
      audience: realm.audience,
      clientId: client.clientId,
      subject: client.id,
      organizationId: client.organizationId,
      scope,
      tokenId,
      issuedAt,
      expiresAt,
    })
    const input = `${header}.${encode(claims)}`
    const signature = key.sign(Buffer.from(input)).toString('base64url')
    return { jwt: `${input}.${signature}`, tokenId, lifetimeSeconds, expiresAt }
  }
}

function encode(value: Record<string, unknown>): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
