// One client assertion (RFC 7523 §3): a JWT that the client signs for a single request. The audience is the issuer alone, as in
// draft-ietf-oauth-rfc7523bis: with the URL of an endpoint, one server could present the assertion to another.
import type { SigningKey } from './signing-key.ts'

/** RFC 7521 §4.2. */
export const clientAssertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const lifetimeSeconds = 60

export interface AssertionFacts {
  readonly clientId: string
  readonly audience: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Never the same twice: each has an identifier of its own, which the server accepts once. @throws TokenRequestError `key_unavailable` */
export async function createClientAssertion(key: SigningKey, { clientId, audience, now }: AssertionFacts): Promise<string> {
  const issuedAt = Math.floor(now / 1000)
  const header = { alg: key.algorithm, typ: 'client-authentication+jwt', ...(key.keyId !== undefined && { kid: key.keyId }) }
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: audience,
    jti: crypto.randomUUID(),
    iat: issuedAt,
    exp: issuedAt + lifetimeSeconds,
  }
  const encoder = new TextEncoder()
  const input = `${toBase64Url(encoder.encode(JSON.stringify(header)))}.${toBase64Url(encoder.encode(JSON.stringify(claims)))}`
  return `${input}.${toBase64Url(await key.sign(encoder.encode(input)))}`
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
