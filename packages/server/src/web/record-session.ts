// The events of a session in the audit log: it begins only once its beginning is on disk.
import type { FastifyRequest } from 'fastify'
import type { AuditLog } from '../audit/audit-log.ts'
import type { RequestDetails } from '../audit/events/kinds.ts'
import { ProblemError } from '../errors.ts'
import { originOf } from '../http/request-origin.ts'
import type { PageMount } from './page-mount.ts'

type SessionKind = 'session.start' | 'session.confirm' | 'session.end'

interface SignedIn {
  readonly realm: string
  readonly clientId: string
  readonly organizationId: string
  readonly address: string
}

/** @throws ProblemError `temporarily-unavailable` if the event cannot be written */
export async function recordSession<Kind extends SessionKind>(
  audit: Pick<AuditLog, 'append'>,
  request: FastifyRequest,
  { realm, clientId, organizationId, address }: SignedIn,
  kind: Kind,
  detail: RequestDetails[Kind],
  mount: Pick<PageMount, 'name' | 'actor'>,
): Promise<void> {
  const actor = { kind: mount.actor, id: clientId, realm, via: mount.name } as const
  const event = { kind, outcome: 'success', realm, organizationId, clientId, ...originOf(request, address), actor, detail } as const
  await audit.append(event).catch((err: unknown) => {
    request.log.error({ err }, 'an event of a session could not be written to the audit log')
    throw new ProblemError('temporarily-unavailable')
  })
}
