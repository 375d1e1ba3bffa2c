// The response of a token endpoint (RFC 6749 §5.1), read by a client as untrusted input.

export interface TokenResponse {
  readonly accessToken: string
  /** Seconds from the receipt of the response, at least 1 and at most {@link maxLifetimeSeconds}. */
  readonly expiresInSeconds: number
  /** The granted scope tokens; absent if the response omits them, which means those requested (RFC 6749 §5.1). */
  readonly scope?: string
}

/** Thrown by {@link parseTokenResponse}; the message names the member and never repeats its value. */
export class TokenResponseSyntaxError extends Error {
  override name = 'TokenResponseSyntaxError'
}

/** Used if `expires_in` is missing or unusable: short enough to be harmless, long enough not to overload the server. */
export const defaultLifetimeSeconds = 60
/** Longer lifetimes are cut to this one, so no token is cached forever. */
export const maxLifetimeSeconds = 86_400

/**
 * Reads the parsed JSON of a successful token response. `token_type` must be Bearer, in any case; unknown members are
 * ignored. `expires_in` may be a number or a string of digits; missing, zero, negative or invalid values become
 * {@link defaultLifetimeSeconds}. Does not check the token beyond its characters.
 * @throws TokenResponseSyntaxError if there is no usable Bearer token in it.
 */
export function parseTokenResponse(body: unknown): TokenResponse {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new TokenResponseSyntaxError('The token response is not a JSON object')
  const { access_token: accessToken, token_type: tokenType, expires_in: expiresIn, scope } = body as Record<string, unknown>
  if (typeof accessToken !== 'string' || !/^[A-Za-z0-9\-._~+/]+=*$/.test(accessToken)) {
    throw new TokenResponseSyntaxError('"access_token" in the token response is not a Bearer token (RFC 6750 §2.1)')
  }
  if (typeof tokenType !== 'string' || tokenType.toLowerCase() !== 'bearer') {
    throw new TokenResponseSyntaxError('"token_type" in the token response is not "Bearer"')
  }
  return { accessToken, expiresInSeconds: readLifetime(expiresIn), ...(typeof scope === 'string' && { scope }) }
}

function readLifetime(expiresIn: unknown): number {
  const seconds = typeof expiresIn === 'string' && /^\d{1,15}$/.test(expiresIn) ? Number(expiresIn) : expiresIn
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 1) return defaultLifetimeSeconds
  return Math.min(Math.floor(seconds), maxLifetimeSeconds)
}
