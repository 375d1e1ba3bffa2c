// Tells when a request is over, with its answer or without: once for each that had a route or was refused one.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { whenOver } from './connections.ts'

export interface RequestEnd {
  readonly request: FastifyRequest
  /** What was answered, whether or not it arrived; absent where the connection ended before. */
  readonly answer: { readonly status: number; readonly milliseconds: number } | undefined
}

/** Must not fail. */
export type OnRequestEnd = (end: RequestEnd) => void

export interface RequestEnds {
  /** The request has just come in. */
  watch(request: FastifyRequest, reply: FastifyReply): void
  onEnd(listener: OnRequestEnd): void
}

export function createRequestEnds(): RequestEnds {
  const listeners: OnRequestEnd[] = []
  return {
    watch(request, { raw }) {
      const begun = performance.now()
      const end = () => {
        const answer = raw.writableEnded ? { status: raw.statusCode, milliseconds: performance.now() - begun } : undefined
        for (const listener of listeners) listener({ request, answer })
      }
      // By a name: V8 allocates a function that is written where it is assigned to a property among its old objects.
      raw[whenOver] = end
    },
    onEnd: (listener) => void listeners.push(listener),
  }
}
