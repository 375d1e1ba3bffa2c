// Where a request comes from, as log lines and audit events tell it: our id of it, and what the caller knows it by.
import type { FastifyRequest } from 'fastify'
import { looksLikeSecret } from '../keys/secret-format.ts'

export interface RequestOrigin {
  readonly address: string
  readonly requestId: string
  /** The `X-Request-Id` that the caller sent. */
  readonly callerRequestId: string | undefined
  /** Of the `traceparent` that the caller sent: 32 hexadecimal digits. */
  readonly traceId: string | undefined
}

export function originOf({ id: requestId, callerRequestId, traceId }: FastifyRequest, address: string): RequestOrigin {
  return { address, requestId, callerRequestId, traceId }
}

/** Kept only if it can stand in a log line and an audit event as it is, and is no misplaced secret or token. */
export function readCallerRequestId(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(header)) return undefined
  return looksLikeSecret(header) || looksLikeToken(header) ? undefined : header
}

/** A JWT, or the beginning of one: "{" and a quotation mark in base64url. */
function looksLikeToken(value: string): boolean {
  return value.startsWith('eyJ')
}

const maxTraceParentLength = 256

/**
 * The trace id of W3C Trace Context (§3.2). Version 00 has nothing behind the flags; of a higher version only what version 00 has
 * is read (§4.3). Ids of zeros only are invalid, and so is version ff.
 */
export function readTraceId(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string' || header.length > maxTraceParentLength) return undefined
  return /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/.exec(header)?.[1]
}
