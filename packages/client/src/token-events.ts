// What a token provider tells its program, for logs and metrics. An event has codes, durations and ids, and never a token, a secret or a
// text of the server.
import type { TokenRequestErrorCode } from './token-request-error.ts'

/** The token that an event is about. */
interface EventTarget {
  /** As it was requested; empty for the default of the server. */
  readonly scope: string
  readonly resource: string | undefined
}

interface Issued extends EventTarget {
  /** From the start of the request, with everything that it waited for. */
  readonly durationMs: number
  readonly expiresInSeconds: number
  /** `X-Request-Id` of the response. */
  readonly requestId: string | undefined
}

export type TokenEvent =
  /** A first token, or one after the token before had expired or was rejected: callers waited for it. */
  | ({ readonly type: 'requested' } & Issued)
  /** Ahead of expiry: callers had another token meanwhile. */
  | ({ readonly type: 'renewed' } & Issued)
  | ({
      readonly type: 'failed'
      readonly code: TokenRequestErrorCode
      readonly status: number | undefined
      readonly durationMs: number
      readonly requestId: string | undefined
      /** The `Retry-After` of the server. */
      readonly retryAfterSeconds: number | undefined
      /** Whether callers still have a token that has not expired. */
      readonly hasToken: boolean
    } & EventTarget)
  /** A call got no token because the provider pauses after a failure. One event for each pause, however many calls there are. */
  | ({ readonly type: 'gated'; readonly code: TokenRequestErrorCode; readonly retryAfterSeconds: number } & EventTarget)
  /** An API rejected the token. `kept`: it is young and replaced a rejected one, so it stays in use; one event for each token. */
  | ({ readonly type: 'rejected'; readonly ageSeconds: number; readonly kept: boolean } & EventTarget)
  /** Another secret than before has obtained a token: the newer of those known, or an older one. */
  | { readonly type: 'secret-switched'; readonly to: 'newer' | 'older' }
  | { readonly type: 'key-switched'; readonly keyId: string | undefined }
  /** The credential was refused, and the function that returns it was called again. `changed`: it returned another one, which was tried. */
  | { readonly type: 'credential-reread'; readonly changed: boolean }
  /** The token endpoint was gone, and the metadata of the issuer were read again. `changed`: they name another URL. */
  | { readonly type: 'discovery-reread'; readonly changed: boolean; readonly durationMs: number }

export type OnTokenEvent = (event: TokenEvent) => unknown

/** Calls `onEvent` as {@link callAside}. */
export function createNotifier(onEvent: OnTokenEvent | undefined): (event: TokenEvent) => void {
  if (onEvent === undefined) return () => {}
  return (event) => callAside(() => onEvent(Object.freeze(event)))
}

/**
 * Calls a callback of the program in a task of its own. What it throws, and a promise of it that rejects, has no effect: neither does it fail
 * the token request, nor does the program end.
 */
export function callAside(callback: () => unknown): void {
  const call = async () => {
    await callback()
  }
  queueMicrotask(() => void call().catch(() => {}))
}
