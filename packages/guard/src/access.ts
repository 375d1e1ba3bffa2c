// What a guarded request comes to: an access that the route can use, or a denial that names a problem of the catalogue.
import type { ProblemCode } from '@countersign/protocol'
import type { VerifiedToken } from './claims.ts'
import type { Entitlement } from './entitlement-index.ts'
import type { RateState } from './tier-rate.ts'

/** What the guard reads of a request. */
export interface GuardRequest {
  /** Name, value, name, value, … as `IncomingMessage.rawHeaders` has them, so that a repeated header is seen. */
  readonly rawHeaders: readonly string[]
  /** The parameters of the matched route, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>
}

export interface Access {
  readonly allowed: true
  readonly token: VerifiedToken
  readonly entitlement: Entitlement
  /** The natural person who requests the command; present where the requirement asks for one. */
  readonly requestorId?: string
  /** Present where the organization's tier has a limit. */
  readonly rate?: RateState
}

export interface Denial {
  readonly allowed: false
  readonly code: ProblemCode
  /** What is special about this occurrence; nothing of the token is in it. The catalogue's words are used where absent. */
  readonly detail?: string
  readonly remedy?: string
  /** The scope tokens that the route needs, for the challenge. */
  readonly scope?: string
  readonly retryAfterSeconds?: number
  readonly rate?: RateState
  /** For the log of the API only: why the request could not be decided. Never on the wire. */
  readonly cause?: unknown
}

export function deny(code: ProblemCode, more: Omit<Denial, 'allowed' | 'code'> = {}): Denial {
  return { allowed: false, code, ...more }
}
