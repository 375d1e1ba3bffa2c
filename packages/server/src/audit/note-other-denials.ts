// Audits denials that no endpoint audits itself: those of the guard, of the admin API, and of unknown paths and methods. They are
// identified by status and route pattern, so no text chosen by the caller gets into the log.
import type { EndedRequest, OnRequestEnd } from '../http/request-end.ts'
import { originOf } from '../http/request-origin.ts'
import type { AuditLog } from './audit-log.ts'

export function noteOtherDenials(audit: AuditLog, addressOf: (request: EndedRequest) => string): OnRequestEnd {
  return ({ request, answer }) => {
    if (answer === undefined || answer.status < 400) return
    const { config, url: route } = request.routeOptions
    if (config.surface === 'oauth' || config.surface === 'own-secret' || config.surface === 'probe') return
    audit.noteDenial({
      kind: 'request',
      outcome: 'refused',
      reason: `http-${answer.status}`,
      ...originOf(request, addressOf(request)),
      realm: config.endpoint?.realm,
      clientId: request.clientId ?? request.refused?.clientId,
      organizationId: request.organizationId ?? request.refused?.organizationId,
      detail: { method: request.method, route: route ?? null, code: request.refused?.code },
    })
  }
}
