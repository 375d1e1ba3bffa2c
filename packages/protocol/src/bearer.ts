// The Authorization header of a guarded request (RFC 6750 §2.1), read as strictly as the catalogue promises.

// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
const bearerGrammar = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i

// What is left of two headers that a proxy has merged (RFC 9110 §5.3): a Bearer element before or after a comma.
const severalGrammar = /^[ \t]*Bearer[ \t][^,]*,|,[ \t]*Bearer(?:[ \t,]|$)/i

/** Longer Authorization headers are malformed, regardless of their content. Characters. */
export const maxBearerHeaderLength = 8192

export type BearerHeader =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'several' }

/**
 * Reads an Authorization header: the scheme in any case, exactly one space, one token.
 * `'repeated'` stands for a header that was sent more than once; it and a list count as several tokens, whichever of them are
 * valid (RFC 6750 §2). Does not check the token itself.
 */
export function readBearer(header: string | 'repeated' | undefined): BearerHeader {
  if (header === undefined) return { kind: 'missing' }
  if (header === 'repeated') return { kind: 'several' }
  if (header.length > maxBearerHeaderLength) return { kind: 'malformed' }
  const token = bearerGrammar.exec(header)?.[1]
  if (token !== undefined) return { kind: 'token', token }
  return { kind: severalGrammar.test(header) ? 'several' : 'malformed' }
}

/** Whether the target of a request has the query parameter `access_token`, in any spelling of its name (RFC 6750 §2.3). */
export function hasTokenInQuery(requestTarget: string): boolean {
  const start = requestTarget.indexOf('?')
  if (start < 0) return false
  const query = requestTarget.slice(start + 1)
  return /access|%/.test(query) && new URLSearchParams(query).has('access_token')
}

/** The value of an Authorization header that carries `token`. */
export function formatBearer(token: string): string {
  return `Bearer ${token}`
}
