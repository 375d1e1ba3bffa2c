/** The parts of a token that a soak needs. */
export interface HeldToken {
  readonly token: string
  readonly jti: string
  readonly keyId: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Unverified. */
export function readToken(token: string): HeldToken {
  const [header, payload] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>)
  return { token, jti: String(payload!['jti']), keyId: String(header!['kid']), expiresAt: Number(payload!['exp']) * 1000 }
}
