// The events of a session in the audit log: it begins only once its beginning is on disk.
import type { FastifyRequest } from 'fastify'
import type { AuditLog } from '../audit/audit-log.ts'
import type { EventActor } from '../audit/events/audit-event.ts'
import type { RequestDetails } from '../audit/events/kinds.ts'
import { ProblemError } from '../errors.ts'
import { originOf } from '../http/request-origin.ts'
import type { SessionAccess } from '../sessions/session-standing.ts'
import type { PageMount } from './page-mount.ts'

type SessionKind = 'session.start' | 'session.confirm' | 'session.end'

/** Who has signed in, as the audit log names it. */
export interface SignedIn {
  readonly realm: string
  /** Of a client. */
  readonly clientId?: string | undefined
  readonly person?: { readonly id: string; readonly name: string } | undefined
  readonly organizationId: string
  readonly address: string
}

/** @throws ProblemError `temporarily-unavailable` if the event cannot be written */
export async function recordSession<Kind extends SessionKind>(
  audit: Pick<AuditLog, 'append'>,
  request: FastifyRequest,
  { realm, clientId, person, organizationId, address }: SignedIn,
  kind: Kind,
  detail: RequestDetails[Kind],
  mount: Pick<PageMount, 'name' | 'actor'>,
): Promise<void> {
  const actor: EventActor = person
    ? { kind: 'person', id: person.id, name: person.name, realm, via: mount.name }
    : { kind: mount.actor, id: clientId ?? '', realm, via: mount.name }
  const event = { kind, outcome: 'success', realm, organizationId, clientId, ...originOf(request, address), actor, detail } as const
  await audit.append(event).catch((cause: unknown) => {
    throw new ProblemError('temporarily-unavailable', { cause })
  })
}

/** @param address of the request */
export function signedIn({ operator, entitlement }: Pick<SessionAccess, 'operator' | 'entitlement'>, address: string): SignedIn {
  const { realm, clientId, person } = operator
  const organizationId = entitlement.organization.rights.id
  return person ? { realm, person, organizationId, address } : { realm, clientId, organizationId, address }
}
