// Responses of JSON surfaces name organizations and show secrets, so no cache may keep them (RFC 9111 §5.2.2.5).
import type { FastifyInstance } from 'fastify'

/** Every response of this scope says `no-store`, unless a handler replaces the header. */
export function forbidStorage(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store')
    done()
  })
}
