// Tells when a request is over, with its answer or without: once for each that had a route or was refused one.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { whenOver } from './connections.ts'

export interface RequestEnd {
  readonly request: FastifyRequest
  /** What was answered, whether or not it arrived; absent where the connection ended before. */
  readonly answer: { readonly status: number; readonly milliseconds: number } | undefined
}

/** Must not fail. */
export type OnRequestEnd = (end: RequestEnd) => void

/** Returns what adds a listener. Must be called before the routes are added. */
export function watchRequestEnds(app: FastifyInstance): (listener: OnRequestEnd) => void {
  const listeners: OnRequestEnd[] = []
  app.addHook('onRequest', (request, { raw }, done) => {
    const begun = performance.now()
    raw[whenOver] = () => {
      const answer = raw.writableEnded ? { status: raw.statusCode, milliseconds: performance.now() - begun } : undefined
      for (const listener of listeners) listener({ request, answer })
    }
    done()
  })
  return (listener) => void listeners.push(listener)
}
