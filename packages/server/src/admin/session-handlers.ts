// Operations on the sessions in the console and the portal.
import type { OperationOutput } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import { ProblemError } from '../errors.ts'
import { permitRealm, requireScope, type Authority, type Operator } from '../operators/operator-authority.ts'
import { findSession, listSessions, type ListedSession } from '../sessions/list-sessions.ts'
import { getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

export function sessionHandlers({ realms, db, clock, sessions }: AdminContext) {
  return {
    'sessions.list': async ({ query: { mount, realm, ...page } }, operator) => {
      if (realm !== undefined) permitRealm(operator, getRealm(realms, realm).name)
      const { idleMs } = sessions
      const { rows, next } = await listSessions(db, { mount, realm, realms: operator.realms, now: clock(), idleMs }, page)
      return { items: rows.map((row) => describe(row, operator)), next }
    },
    'sessions.end': async ({ params: { session: id } }, change, by) => {
      const session = await findSession(change.db, id)
      const isOwn = session !== undefined && isOf(session, by.operator)
      if (!session || (!isOwn && by.realms && !by.realms.includes(session.realm))) throw noSuchSession(id)
      if (!isOwn) requireAuthority(session, by)
      await change.db.deleteFrom('sessions').where('id', '=', id).execute()
      const { mount, realm, organization_id: organizationId, client_id: clientId, person, name } = session
      change.record({
        subject: { realm, organizationId, ...(clientId !== null && { clientId }) },
        changed: 'nothing',
        detail: { sessionId: id, mount, ...(person !== null && { person, name: String(name) }) },
      })
      sessions.tellEnd(id)
      return { id }
    },
  } satisfies Partial<AdminHandlers>
}

/** Who is in the console is an operator. @throws ProblemError `insufficient-scope` or `owner-required` */
function requireAuthority({ mount }: Pick<ListedSession, 'mount'>, { scopes, isOwner }: Authority): void {
  requireScope(scopes, 'clients:write')
  if (mount === 'console' && !isOwner) throw new ProblemError('owner-required')
}

/** By the internal id of a client, or the id of a person. */
function isOf({ client, person }: Pick<ListedSession, 'client' | 'person'>, { id, person: asking }: Operator): boolean {
  return asking ? person === asking.id : client === id
}

/** The same for one that the operator may not see. */
function noSuchSession(id: string): ProblemError {
  return new ProblemError('not-found', { detail: `There is no session "${id}" that this operator may see.`, remedy: 'It may have ended.' })
}

function describe(row: ListedSession, operator: Operator): OperationOutput<'sessions.list'>['items'][number] {
  const { id, mount, client_id: clientId, person, realm, organization_id, slug, organization_name, address, user_agent: userAgent } = row
  return {
    id,
    mount,
    kind: person === null ? 'client' : 'person',
    name: String(row.name),
    ...(clientId !== null && { clientId }),
    ...(person !== null && { person }),
    realm,
    organization: { id: organization_id, slug, name: organization_name },
    signedInAt: toInstant(row.signed_in_at),
    seenAt: toInstant(row.seen_at),
    endsAt: toInstant(row.ends_at),
    address,
    userAgent,
    own: isOf(row, operator),
  }
}
