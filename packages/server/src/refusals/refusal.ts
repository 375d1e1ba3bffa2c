// A request that was refused, as it is kept for explanations.
import type { CheckResult, ProblemCode, ReportedRequirement } from '@countersign/protocol'
import type { EndpointKind } from '../http/endpoints.ts'

/** What a refusal of this server itself, or of a guard, is kept with. */
export interface Refusal {
  readonly requestId: string
  /** The client id of the guard that reported it; undefined for this server itself. */
  readonly reporter?: string | undefined
  /** The client that asked about the request, such as at the decision endpoint; it is not kept. */
  readonly askedBy?: string | undefined
  readonly realm: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly source: 'guard' | EndpointKind
  readonly guard?: string | undefined
  readonly api?: string | undefined
  readonly method?: string | undefined
  /** A template, never a path. */
  readonly route?: string | undefined
  readonly code: ProblemCode
  /** The reason of the audit log, if it has one. */
  readonly reason?: string | undefined
  readonly organizationId?: string | undefined
  readonly clientId?: string | undefined
  /**
   * The client id that the request named, if no client was read for it: the refusal gets the client if there is one when it is written, and
   * never the id itself, which may be a secret that was typed into the wrong field.
   */
  readonly presentedId?: string | undefined
  /** Of IPv6 the first 64 bits. */
  readonly address?: string | undefined
  /** The id in the log of the API. */
  readonly apiRequestId?: string | undefined
  readonly callerRequestId?: string | undefined
  readonly detail: RefusalDetail
}

/** The column `detail`, as JSON. */
export interface RefusalDetail {
  readonly checks?: readonly CheckResult[] | undefined
  readonly requires?: ReportedRequirement | undefined
  readonly partnerId?: string | undefined
  readonly requestorId?: string | undefined
  /** The `jti` of the token. */
  readonly tokenId?: string | undefined
  /** The last change that the guard knew. */
  readonly revision?: number | undefined
  readonly reportOnly?: boolean | undefined
  /** The client was only named: its credentials were not verified, or the token was of an earlier client of the same id. */
  readonly isNamed?: boolean | undefined
}

export interface Refusals {
  /** Keeps a refusal of this server, or counts it if there are too many. Written within a second. Never throws. */
  note(refusal: Refusal): void
}

export function failedCheck({ checks = [] }: Pick<RefusalDetail, 'checks'>): CheckResult | undefined {
  return checks.find(({ result }) => result === 'failed')
}
