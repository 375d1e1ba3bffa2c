// The Authorization header of a guarded request (RFC 6750 §2.1), read as strictly as the catalogue promises.

// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
const bearerGrammar = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i

/** Longer Authorization headers are malformed, regardless of their content. Characters. */
export const maxBearerHeaderLength = 8192

export type BearerHeader =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'malformed' }

/**
 * Reads an Authorization header: the scheme in any case, exactly one space, one token.
 * `'repeated'` stands for a header that was sent more than once. Does not check the token itself.
 */
export function readBearer(header: string | 'repeated' | undefined): BearerHeader {
  if (header === undefined) return { kind: 'missing' }
  if (header.length > maxBearerHeaderLength) return { kind: 'malformed' }
  const token = bearerGrammar.exec(header)?.[1]
  return token === undefined ? { kind: 'malformed' } : { kind: 'token', token }
}

/** The value of an Authorization header that carries `token`. */
export function formatBearer(token: string): string {
  return `Bearer ${token}`
}
