// The properties that this server adds to Fastify's types. The guard adds `access` and `requires` itself.
import type { GuardDecision } from '@countersign/guard'
import type { ProblemCode } from '@countersign/protocol'
import type { Endpoint } from './endpoints.ts'
import type { NoteRejection } from './rejection-log.ts'
import type { OnRequestEnd } from './request-end.ts'

export interface RefusedWith {
  readonly code?: ProblemCode
  /** The reason of the audit log. */
  readonly reason?: string | undefined
  /** The client that the request named, if it exists. It may not have authenticated: anybody can name it. */
  readonly clientId?: string | undefined
  readonly organizationId?: string | undefined
  /** What the request named as its client, whether or not it exists. It may be a secret: never stored or logged. */
  readonly presentedId?: string | undefined
}

export interface AskingPerson {
  readonly id: string
  /** For the audit log; the log of the server has the id alone. */
  readonly name: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Kind under which requests to this route are counted and logged; `other` by default. */
    endpoint?: Endpoint
    /**
     * Form of this route's errors: problems (RFC 9457) by default. The OAuth endpoints, a client's changes to its own secret and sign-ins
     * write their own audit events, and probes write none.
     */
    surface?: 'oauth' | 'own-secret' | 'sign-in' | 'probe'
    /** Called at the end of every request to this route. */
    countAtEnd?: OnRequestEnd
  }
  interface FastifyRequest {
    /** The caller's `X-Request-Id`, if it is safe to store; `id` is always ours. */
    callerRequestId: string | undefined
    /** Trace id of the caller's `traceparent`. */
    traceId: string | undefined
    /** The authenticated client, for the access log. */
    clientId: string | undefined
    /** The person who has signed in, in place of a client. */
    person: AskingPerson | undefined
    /** The organization of that client, or that person. */
    organizationId: string | undefined
    /** The realm of that client or person, where it is not that of the endpoint. */
    clientRealm: string | undefined
    /** What the guard of the endpoint decided. */
    guardDecision: GuardDecision | undefined
    /** Why the request was refused. */
    refused: RefusedWith | undefined
  }
  interface FastifyInstance {
    /** Whether the log already reports that the store is unreachable. */
    isOutageTold?: () => boolean
    /** Logs that requests are rejected with 503: when that begins, and when it is over. */
    noteRejection: NoteRejection
  }
}
