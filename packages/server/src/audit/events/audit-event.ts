// One event of the audit log. It must not contain a secret or a token. `detail` is stored as JSON.
import type { ChangeDetails, ChangeKind, MadeBy, RefusalCount, RefusedRequest, RequestDetails, RequestKind } from './kinds.ts'

/** `system`: the server itself, or a command that works on its store. `person`: who has signed in to the console or the portal as a person. */
export type ActorKind = 'operator' | 'client' | 'person' | 'system'

/**
 * The channel through which an actor made a change: `cli` is a command on the server's store, `system` is periodic work of the server.
 */
export type Channel = 'api' | 'console' | 'portal' | 'cli' | 'system'

/** The actor of a change. */
export interface EventActor {
  readonly kind: ActorKind
  /** The client id, the id of a person, or the name of a part of the system. */
  readonly id: string
  readonly realm: string
  readonly via: Channel
  readonly onBehalfOf?: string | undefined
  /** Of a person, as it was then: in the log it can be replaced, and the id stays. */
  readonly name?: string | undefined
}

export interface EventFacts {
  readonly outcome: 'success' | 'refused'
  readonly reason?: string | undefined
  readonly realm?: string | undefined
  readonly organizationId?: string | undefined
  readonly clientId?: string | undefined
  readonly address?: string | undefined
  readonly requestId?: string | undefined
  readonly callerRequestId?: string | undefined
  readonly traceId?: string | undefined
  readonly actor?: EventActor | undefined
}

/** A request by a client, or a denial. */
export interface AuditEvent<Kind extends RequestKind = RequestKind> extends EventFacts {
  readonly kind: Kind
  readonly detail?: RequestDetails[Kind] | RefusedRequest | RefusalCount | undefined
}

/** A change. */
export interface ChangeEvent<Kind extends ChangeKind = ChangeKind> extends EventFacts {
  readonly kind: Kind
  readonly detail: ChangeDetails[Kind] & MadeBy
}
