// Refusals that no endpoint notes by itself: of the guard, of the admin API, of paths and methods that do not exist. They are
// known by status and route, so that nothing a caller chooses gets into the log.
import type { FastifyRequest } from 'fastify'
import type { OnRequestEnd } from '../http/request-end.ts'
import { originOf } from '../http/request-origin.ts'
import type { AuditLog } from './audit-log.ts'

export function noteOtherDenials(audit: AuditLog, addressOf: (request: FastifyRequest) => string): OnRequestEnd {
  return ({ request, answer }) => {
    if (answer === undefined || answer.status < 400) return
    const { config, url: route } = request.routeOptions
    if (config.surface === 'oauth' || config.surface === 'own-secret' || config.surface === 'probe') return
    audit.noteDenial({
      kind: 'request',
      outcome: 'refused',
      reason: `http-${answer.status}`,
      ...originOf(request, addressOf(request)),
      detail: { method: request.method, route: route ?? null },
    })
  }
}
