// Text of a report that may have come from a caller of the API.
import { spellOutInvisible } from '@countersign/admin'
import { networkOf } from '@countersign/protocol'
import { readCallerRequestId } from '../http/request-origin.ts'
import { looksLikeSecret } from '../keys/secret-format.ts'

const maxTextLength = 400

/** Whether a part of it could be a secret, a token or a private key in PEM. */
export function holdsSecret(text: string): boolean {
  return looksLikeSecret(text) || /eyJ[A-Za-z0-9_-]{8}|PRIVATE.KEY-/.test(text)
}

/** Null for one with what could be a secret or a token: an API may have reported a path in place of its template. */
export function cleanRoute(route: string | null): string | null {
  return route === null || holdsSecret(route) ? null : route
}

/** For pages and terminals, and without what could be a secret or a token. */
export function cleanText(text: string | null): string | null {
  if (text === null) return null
  if (holdsSecret(text)) return 'left out, because it looks like a secret or a token'
  return spellOutInvisible(text.replace(/[\n\t]/g, ' ')).slice(0, maxTextLength)
}

/** An address as it is kept: of IPv6 the first 64 bits. Undefined for anything else. */
export function cleanAddress(text: string | null): string | undefined {
  return networkOf(text?.replace(/\/64$/, '')) ?? undefined
}

export function cleanRequestId(text: string | null): string | undefined {
  return text === null || holdsSecret(text) ? undefined : readCallerRequestId(text)
}
