// The origin of a request in log lines and audit events: our request id, and the ids that the caller sent.
import type { FastifyRequest } from 'fastify'
import { looksLikeSecret } from '../keys/secret-format.ts'

export interface RequestOrigin {
  readonly address: string
  readonly requestId: string
  /** The `X-Request-Id` that the caller sent. */
  readonly callerRequestId: string | undefined
  /** Trace id of the caller's `traceparent`: 32 hexadecimal digits. */
  readonly traceId: string | undefined
}

export function originOf(request: Pick<FastifyRequest, 'id' | 'callerRequestId' | 'traceId'>, address: string): RequestOrigin {
  const { id: requestId, callerRequestId, traceId } = request
  return { address, requestId, callerRequestId, traceId }
}

/** Returns the caller's id only if it is safe in a log line and an audit event, and is not a misplaced secret or token. */
export function readCallerRequestId(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(header)) return undefined
  return looksLikeSecret(header) || looksLikeToken(header) ? undefined : header
}

/** True for a JWT or its beginning, which is "{" and a quotation mark in base64url. */
export function looksLikeToken(value: string): boolean {
  return value.startsWith('eyJ')
}

const maxTraceParentLength = 256

/**
 * The trace id of W3C Trace Context (§3.2). In version 00 nothing follows the flags; of a higher version only the fields of
 * version 00 are read (§4.3). Ids of only zeros and version ff are invalid.
 */
export function readTraceId(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || header.length > maxTraceParentLength) return undefined
  return /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/.exec(header)?.[1]
}
