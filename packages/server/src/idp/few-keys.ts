// The keys of an identity provider for the library, which keeps all that it reads and looks through it for each ID token: only as many, and only
// the members, that a signature can need. An organization chooses its identity provider.
import type { BoundedFetch } from '../outbound/bounded-fetch.ts'

/** Large services publish some ten. */
const maxKeys = 100
/** Of base64url: RSA with 16,384 bits has 2731, and OpenSSL verifies by no larger one. */
const maxMemberLength = 3000
const usedMembers = ['kty', 'kid', 'use', 'key_ops', 'alg', 'crv', 'x', 'y', 'n', 'e'] as const

/** @param keysUrl where the keys are; every other answer is passed on */
export function withFewKeys(fetch: BoundedFetch, keysUrl: string | undefined): BoundedFetch {
  const href = keysUrl === undefined ? undefined : URL.parse(keysUrl)?.href
  return async (url, init) => {
    const response = await fetch(url, init)
    if (URL.parse(url)?.href !== href || response.status !== 200) return response
    const { status, headers } = response
    return new Response(fewKeysOf(await response.text()), { status, headers })
  }
}

/** Anything but a set of keys stays as it is: the library says what is wrong with it. */
function fewKeysOf(text: string): string {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return text
  }
  const keys = (document as { readonly keys?: unknown } | null)?.keys
  return Array.isArray(keys) ? JSON.stringify({ keys: keys.slice(0, maxKeys).flatMap((key: unknown) => usedOf(key) ?? []) }) : text
}

/** Undefined for one that is too large, which verifies nothing. */
function usedOf(key: unknown): object | undefined {
  if (typeof key !== 'object' || key === null) return undefined
  const used = usedMembers.flatMap((name) => (Object.hasOwn(key, name) ? [[name, (key as Record<string, unknown>)[name]] as const] : []))
  return used.some(([, value]) => JSON.stringify(value).length > maxMemberLength) ? undefined : Object.fromEntries(used)
}
