// Ids of decisions, in the form of the server's request ids: instant, process and number in hexadecimal digits, so that they sort by time and
// those of several processes never collide.
import { randomBytes } from 'node:crypto'
import { isRequestId, readSingleHeader } from '@countersign/protocol'

/** Eight hexadecimal digits, new for each guard. Drawn when first read: a worker has no random numbers while its modules are loaded. */
export function createGuardName(): () => string {
  let name: string | undefined
  return () => (name ??= randomBytes(4).toString('hex'))
}

/** @param clock milliseconds since the epoch; if it is set back, the ids go on from the latest instant */
export function createRequestIds(guardName: () => string, clock: () => number): () => string {
  let latestAt = 0
  let last = 0
  return () => {
    const now = Math.floor(clock())
    if (now > latestAt) latestAt = now
    last = (last + 1) >>> 0
    return `${toHex(latestAt, 12)}-${guardName()}-${toHex(last, 8)}`
  }
}

function toHex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}

/**
 * The id that the API gave the request, if it is safe in a log line and is no misplaced token or secret. Null for one that is the id of the
 * decision anyway.
 */
export function readApiRequestId(requestId: unknown): string | null {
  return isSafeId(requestId) && !isRequestId(requestId) ? requestId : null
}

interface CalledBy {
  readonly rawHeaders?: unknown
  readonly callerRequestId?: string | undefined
}

/** The `X-Request-Id` that the caller sent, under the same conditions; also one that the API takes for its own. */
export function readCallerRequestId({ rawHeaders, callerRequestId }: CalledBy): string | null {
  const sent = callerRequestId ?? (Array.isArray(rawHeaders) ? readSingleHeader(rawHeaders, 'x-request-id') : undefined)
  return isSafeId(sent) && sent !== 'repeated' ? sent : null
}

function isSafeId(id: unknown): id is string {
  return typeof id === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(id) && !looksLikeToken(id)
}

/** A JWT or its beginning, which is "{" and a quotation mark in base64url, or as many characters in one piece as a secret has. */
function looksLikeToken(text: string): boolean {
  return text.includes('eyJ') || text.includes('csk_') || /[A-Za-z0-9_]{40}/.test(text)
}
