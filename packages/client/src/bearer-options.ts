// The options of withBearer and of every adapter: validated once, completed with defaults.
import { kindOf, refuseUnknownOptions } from '@countersign/protocol'
import { Origins } from './origins.ts'
import type { TokenSource } from './renewal.ts'
import { readRetryPolicy, type RetryAfterOptions, type RetryPolicy } from './retry-policy.ts'

export interface BearerOptions {
  /** The origins that may receive the token, as `https://host[:port]`; http only on loopback. */
  readonly origins: readonly string[]
  /**
   * Waits and repeats a request that the API answered with 429 or 503 and a `Retry-After`; `true` for the default bounds. Default: false,
   * the response is returned.
   */
  readonly retryAfter?: boolean | RetryAfterOptions
  /** Throws a {@link ProblemError} in place of returning a response of status 400 or more whose body is a problem document (RFC 9457). */
  readonly throwProblems?: boolean
}

/** {@link BearerOptions} after validation, with the source of the tokens. */
export interface Bearer {
  readonly tokens: TokenSource
  readonly origins: Origins
  readonly retry: RetryPolicy | undefined
  readonly throwsProblems: boolean
}

/** @throws TypeError for an option that is unknown, missing or invalid */
export function readBearerOptions(adapter: string, tokens: TokenSource, options: BearerOptions): Bearer {
  for (const name of ['getToken', 'invalidate', 'ageSeconds'] as const)
    if (typeof tokens?.[name] !== 'function')
      throw new TypeError(`${adapter}: "tokens" must be what createTokenProvider() returns; it has no "${name}"`)
  refuseUnknownOptions(adapter, options, ['origins', 'retryAfter', 'throwProblems'])
  const { origins, retryAfter = false, throwProblems = false } = options
  if (typeof throwProblems !== 'boolean')
    throw new TypeError(`${adapter}: "throwProblems" must be true or false; found ${kindOf(throwProblems)}`)
  return { tokens, origins: new Origins(adapter, origins), retry: readRetryPolicy(adapter, retryAfter), throwsProblems: throwProblems }
}
