// Refusals that no endpoint notes by itself: of the guard, of the admin API, of paths and methods that do not exist. They are
// known by status and route, so that nothing a caller chooses gets into the log.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuditLog } from './audit-log.ts'

export function noteOtherRefusals(app: FastifyInstance, audit: AuditLog, addressOf: (request: FastifyRequest) => string): void {
  app.addHook('onResponse', (request, reply, done) => {
    if (reply.statusCode < 400) return done()
    const { config, url: route } = request.routeOptions
    if (config.surface !== 'oauth' && config.surface !== 'probe') {
      audit.noteRefusal({
        kind: 'request',
        outcome: 'refused',
        reason: `http-${reply.statusCode}`,
        address: addressOf(request),
        requestId: request.id,
        detail: { method: request.method, route: route ?? null },
      })
    }
    done()
  })
}
