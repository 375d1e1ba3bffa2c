// The sessions of who has signed in to the portal: from where, and signing out of another one, or of all others. A client shares its sessions with
// all who have one of its secrets: of them only the network is told, and one is ended only from another with the same secret, so that a thief of the
// old one does not keep those out who have the new one.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { toInstant } from '../api/instants.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { ProblemError } from '../errors.ts'
import { maxListed } from '../sessions/session-bounds.ts'
import { sessionAccessOf } from '../sessions/session-guard.ts'
import type { SessionAccess, SessionLimits } from '../sessions/session-standing.ts'
import type { Session } from '../sessions/sessions.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { rangeOf } from '../throttle/client-address.ts'
import type { PageMount } from '../web/page-mount.ts'
import { recordSession, signedIn } from '../web/record-session.ts'
import type { AskerLimits } from './asker-limits.ts'

export interface OwnSessionsOptions {
  /** Of the API of the portal. */
  readonly path: string
  readonly mount: PageMount
  readonly db: Kysely<Schema>
  readonly limits: SessionLimits
  readonly askers: AskerLimits
  readonly clock: () => number
  readonly audit: Pick<AuditLog, 'append'>
  readonly addressOf: (request: FastifyRequest) => string
  /** Called when a session has ended at this node. */
  readonly onEnd: (session: string) => void
}

/** @param app has the guard of the session */
export function mountOwnSessions(app: FastifyInstance, options: OwnSessionsOptions): void {
  const { path, mount, db, limits, askers, clock, audit, addressOf, onEnd } = options
  const config = { requires: { dpa: 'any' as const }, endpoint: { kind: mount.name } }

  app.get(`${path}/sessions`, { config }, async (request) => {
    const { session, operator, entitlement } = sessionAccessOf(request)
    const now = clock()
    askers.countRequest(operator.id, entitlement.organization.rights.id, now)
    const rows = await selectOwn(db, session, mount)
      .where('ends_at', '>', now)
      .where('seen_at', '>', now - limits.idle * 1000)
      .orderBy('signed_in_at', 'desc')
      .orderBy('id')
      .limit(maxListed)
      .execute()
    return {
      items: rows.map((row) => ({
        id: row.id,
        signedInAt: toInstant(row.signed_in_at),
        seenAt: toInstant(row.seen_at),
        endsAt: toInstant(row.ends_at),
        address: session.who.kind === 'person' ? row.address : rangeOf(row.address),
        userAgent: row.user_agent,
        current: row.id === session.id,
        mayEnd: mayEnd(session, row),
      })),
      next: null,
    }
  })

  app.delete<{ Params: { id: string } }>(`${path}/sessions/:id`, { config }, async (request, reply) => {
    const access = sessionAccessOf(request)
    countChange(access)
    const found = await selectOwn(db, access.session, mount).where('id', '=', request.params.id).executeTakeFirst()
    if (!found) throw new ProblemError('not-found', { detail: 'You have no such session.', remedy: 'It may have ended.' })
    if (!mayEnd(access.session, found)) throw new ProblemError('insufficient-scope', ofAnotherSecret)
    await end(request, access, [found.id])
    return reply.code(204).send()
  })

  /** All but the one that asks. */
  app.delete(`${path}/sessions`, { config }, async (request) => {
    const access = sessionAccessOf(request)
    const { session } = access
    countChange(access)
    const others = await selectOwn(db, session, mount).where('id', '!=', session.id).execute()
    const ids = others.filter((row) => mayEnd(session, row)).map(({ id }) => id)
    if (ids.length > 0) await end(request, access, ids)
    return { ended: ids.length }
  })

  function countChange({ operator, entitlement }: SessionAccess): void {
    askers.countChange(operator.id, entitlement.organization.rights.id, clock())
  }

  async function end(request: FastifyRequest, access: SessionAccess, ids: readonly string[]): Promise<void> {
    await db.deleteFrom('sessions').where('id', 'in', oneOf(db, ids)).execute()
    for (const id of ids) onEnd(id)
    const who = signedIn(access, addressOf(request))
    for (const sessionId of ids) await recordSession(audit, request, who, 'session.end', { sessionId }, mount)
  }
}

const ofAnotherSecret = {
  detail: 'The session began with another secret of the client, and is ended only from one that began with the same.',
  remedy: 'It ends when that secret is ended: finish the replacement of the secret, or ask the provider to revoke it.',
}

function selectOwn(db: Kysely<Schema>, { who }: Session, { name }: PageMount) {
  const sessions = db.selectFrom('sessions').selectAll().where('mount', '=', name)
  return who.kind === 'person' ? sessions.where('person', '=', who.person) : sessions.where('client', '=', who.client)
}

function mayEnd({ who }: Session, { credential }: { readonly credential: string | null }): boolean {
  return who.kind === 'person' || credential === who.credential
}
