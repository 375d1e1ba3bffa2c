// Reports the end of every request, answered or not: exactly once for each that had a route or was rejected without one.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { streamedBytes, whenOver } from './connections.ts'

/** What listeners may read of a request. */
export type EndedRequest = Pick<
  FastifyRequest,
  | 'id'
  | 'method'
  | 'callerRequestId'
  | 'traceId'
  | 'clientId'
  | 'person'
  | 'organizationId'
  | 'clientRealm'
  | 'guardDecision'
  | 'refused'
  | 'headers'
  | 'routeOptions'
  | 'raw'
>

export interface RequestEnd {
  readonly request: EndedRequest
  /** The response, whether or not it arrived, with the bytes of a stream of events; absent if the connection ended before. */
  readonly answer: { readonly status: number; readonly milliseconds: number; readonly streamed?: number | undefined } | undefined
}

/** Must not throw. */
export type OnRequestEnd = (end: RequestEnd) => void

export interface RequestEnds {
  /** Called when a request has just arrived. */
  watch(request: EndedRequest, reply: FastifyReply): void
  onEnd(listener: OnRequestEnd): void
}

/**
 * Only that, for a request that goes on for hours. The request of the framework also keeps its logger, and the decision of the guard with
 * an entitlement that is replaced meanwhile.
 */
export function keepForEnd({
  id,
  method,
  callerRequestId,
  traceId,
  clientId,
  person,
  organizationId,
  clientRealm,
  refused,
  headers,
  routeOptions,
  raw,
}: FastifyRequest): EndedRequest {
  return {
    id,
    method,
    callerRequestId,
    traceId,
    clientId,
    person,
    organizationId,
    clientRealm,
    refused,
    guardDecision: undefined,
    headers,
    routeOptions,
    raw,
  }
}

export function createRequestEnds(): RequestEnds {
  const listeners: OnRequestEnd[] = []
  return {
    watch(request, { raw }) {
      const begun = performance.now()
      const end = () => {
        const milliseconds = performance.now() - begun
        const answer = raw.headersSent ? { status: raw.statusCode, milliseconds, streamed: raw[streamedBytes] } : undefined
        for (const listener of listeners) listener({ request, answer })
      }
      // `end` has a name, because V8 allocates a function that is assigned directly to a property in its old generation.
      raw[whenOver] = end
    },
    onEnd: (listener) => void listeners.push(listener),
  }
}
