// A place where the table of operations is mounted: who asks there, and by which channel.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { CheckedInput, Operation, OperationName, OperationOutput } from '@countersign/admin'
import type { CountersignGuardOptions } from '@countersign/guard/fastify'
import type { Channel } from '../audit/events/audit-event.ts'
import type { ChangeKind } from '../audit/events/kinds.ts'
import type { Change } from '../change/apply-change.ts'
import type { EndpointKind } from '../http/endpoints.ts'
import type { Attempt, Authority, OperatorAccess } from './operator-authority.ts'

export interface OperationMount {
  /** What its paths begin with, in place of "/admin/v1". */
  readonly prefix: string
  /** How changes are made there, for the audit log. */
  readonly via: Channel
  /** Its accesses are those of an operator (`OperatorAccess`). */
  readonly guard: CountersignGuardOptions
  /** What its requests are counted as. */
  readonly endpoint: EndpointKind
  /** What it demands of a change besides the authority of the operator. @throws ProblemError */
  readonly permit?: (name: OperationName, attempt: Attempt, access: OperatorAccess) => void
  /**
   * In the transaction of a change: what a person may do now; undefined where no person asks.
   * @throws ProblemError `signed-out`
   */
  readonly readPerson?: (change: Pick<Change, 'db'>, access: OperatorAccess) => Promise<Authority>
  /** Where a client or a person of an organization asks, for its own alone; undefined where operators ask. */
  readonly own?: OwnRules
}

/** In place of the scopes and realms of an operator. Only operations with a row `portal` are there, without its `without` and `hides`. */
export interface OwnRules {
  /** Before the input is checked. @throws ProblemError, `not-found` for everything that is not the own */
  admit(operation: Operation, request: FastifyRequest, access: OperatorAccess): Promise<OwnAccess>
  /** After a read: whether what it was about is still the own. @throws ProblemError `not-found` */
  confirm(access: OwnAccess): Promise<void>
  /**
   * In the transaction of a change: whether who asks may still do this.
   * @throws ProblemError `signed-out`, `not-found`, `insufficient-scope` or `owner-required`
   */
  check(change: Pick<Change, 'db' | 'now'>, operation: Operation, access: OwnAccess): Promise<Authority>
  /** In place of those of operators. */
  readonly handlers: OwnHandlers
}

/** What a request at the portal is about: a client of the organization, or the organization. */
export interface OwnAccess extends OperatorAccess {
  /** The client itself that has signed in; the one that a person names, which is of its organization; undefined for all of that. */
  readonly client: { readonly id: string; readonly clientId: string } | undefined
}

export type OwnHandlers = {
  readonly [Name in OperationName]?: (
    input: CheckedInput<Name>,
    access: OwnAccess,
    /** Of a write. */
    change: Change<Extract<Name, ChangeKind>>,
  ) => Promise<OwnAnswer<OperationOutput<Name>>>
}

/** Of a list and an explanation, what an integrator is told differs from what an operator is told. */
type OwnAnswer<Output> = Output | Readonly<Record<string, unknown>>

/** Mounts every operation, in a scope of its own. */
export type MountOperations = (app: FastifyInstance, mount: OperationMount) => Promise<void>
