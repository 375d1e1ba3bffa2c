// A place where the table of operations is mounted: who asks there, and by which channel. It has no logic of an operation.
import type { FastifyInstance } from 'fastify'
import type { OperationName } from '@countersign/admin'
import type { CountersignGuardOptions } from '@countersign/guard/fastify'
import type { Channel } from '../audit/events/audit-event.ts'
import type { EndpointKind } from '../http/endpoints.ts'
import type { Attempt, OperatorAccess } from './operator-authority.ts'

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
}

/** Mounts every operation, in a scope of its own. */
export type MountOperations = (app: FastifyInstance, mount: OperationMount) => Promise<void>
