// What this server adds to the types of Fastify. The guard adds `access` and `requires` itself.
import type { Endpoint } from './endpoints.ts'
import type { OnRequestEnd } from './request-end.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What requests to this route are counted and logged as; `other` where a route does not say. */
    endpoint?: Endpoint
    /**
     * Which form the errors of this route take: problems (RFC 9457) unless it says otherwise. The OAuth endpoints and a
     * client's changes to its own secret write their own audit events, probes write none, and errors in Keycloak's shape have one member more.
     */
    surface?: 'oauth' | 'own-secret' | 'probe' | 'keycloak'
    /** Called at the end of every request to this route. */
    countAtEnd?: OnRequestEnd
  }
  interface FastifyRequest {
    /** The `X-Request-Id` that the caller sent, as far as it can be kept; `id` is always ours. */
    callerRequestId: string | undefined
    /** Of the caller's `traceparent`. */
    traceId: string | undefined
    /** The client that was authenticated, for the access log. */
    clientId: string | undefined
  }
  interface FastifyInstance {
    /** Whether the log already says that the store is unreachable. */
    isOutageTold?: () => boolean
  }
}
