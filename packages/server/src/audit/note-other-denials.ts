// Audits denials that no endpoint audits itself: those of the guard, of the admin API, and of unknown paths and methods. They are
// identified by status and route pattern, so no text chosen by the caller gets into the log.
import type { GuardDecision } from '@countersign/guard'
import type { EndedRequest, OnRequestEnd } from '../http/request-end.ts'
import { originOf } from '../http/request-origin.ts'
import type { EndpointKind } from '../http/endpoints.ts'
import type { ActorKind, Channel, EventActor } from './events/audit-event.ts'
import type { AuditLog } from './audit-log.ts'

export function noteOtherDenials(audit: AuditLog, addressOf: (request: EndedRequest) => string): OnRequestEnd {
  return ({ request, answer }) => {
    if (answer === undefined || answer.status < 400) return
    const { config, url: route } = request.routeOptions
    if (config.surface !== undefined) return
    audit.noteDenial({
      kind: 'request',
      outcome: 'refused',
      reason: `http-${answer.status}`,
      ...originOf(request, addressOf(request)),
      realm: request.clientRealm ?? config.endpoint?.realm,
      clientId: request.clientId ?? request.refused?.clientId,
      organizationId: request.organizationId ?? request.refused?.organizationId,
      actor: actorOf(request),
      detail: { method: request.method, route: route ?? null, code: request.refused?.code },
    })
  }
}

/** An operator, or who has signed in to the portal: its token or session was good, but not enough. */
function actorOf({
  clientId,
  person,
  clientRealm: realm,
  guardDecision: decision,
  routeOptions: { config },
}: EndedRequest): EventActor | undefined {
  const by = config.endpoint && askers[config.endpoint.kind]
  const id = person?.id ?? clientId
  if (by === undefined || id === undefined || realm === undefined || !decision || !hadGoodToken(decision)) return undefined
  return person ? { ...by, kind: 'person', id, name: person.name, realm } : { ...by, id, realm }
}

/** Who asks, and by which channel. */
const askers: { readonly [Kind in EndpointKind]?: { readonly kind: ActorKind; readonly via: Channel } } = {
  admin: { kind: 'operator', via: 'api' },
  console: { kind: 'operator', via: 'console' },
  portal: { kind: 'client', via: 'portal' },
}

/** Whether the token was good, whatever it was not enough for. */
function hadGoodToken({ outcome, checks }: GuardDecision): boolean {
  return outcome === 'allowed' || checks.some(({ check, result }) => check === 'standing' && result === 'passed')
}
