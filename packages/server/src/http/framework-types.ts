// The properties that this server adds to Fastify's types. The guard adds `access` and `requires` itself.
import type { Endpoint } from './endpoints.ts'
import type { OnRequestEnd } from './request-end.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Kind under which requests to this route are counted and logged; `other` by default. */
    endpoint?: Endpoint
    /**
     * Form of this route's errors: problems (RFC 9457) by default. The OAuth endpoints and a client's changes to its own secret
     * write their own audit events, and probes write none.
     */
    surface?: 'oauth' | 'own-secret' | 'probe'
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
  }
  interface FastifyInstance {
    /** Whether the log already reports that the store is unreachable. */
    isOutageTold?: () => boolean
  }
}
