// Responses of JSON surfaces name organizations and show secrets, so no cache may keep them (RFC 9111 §5.2.2.5).
import type { FastifyInstance } from 'fastify'

/** Adds `no-store` to every response of this scope, unless a handler replaces the header. */
export function forbidStorage(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store')
    done()
  })
}
