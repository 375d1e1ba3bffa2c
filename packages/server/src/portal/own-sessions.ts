// The sessions of who has signed in to the portal: from where, and signing out of another one. A client shares its sessions with all who have its
// secret, so of them only the network is told.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { toInstant } from '../api/instants.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { ProblemError } from '../errors.ts'
import { sessionAccessOf } from '../sessions/session-guard.ts'
import { maxSessions, type Session } from '../sessions/sessions.ts'
import type { Schema } from '../store/schema.ts'
import { rangeOf } from '../throttle/client-address.ts'
import type { PageMount } from '../web/page-mount.ts'
import { recordSession, signedIn } from '../web/record-session.ts'

export interface OwnSessionsOptions {
  /** Of the API of the portal. */
  readonly path: string
  readonly mount: PageMount
  readonly db: Kysely<Schema>
  readonly idleMs: number
  readonly clock: () => number
  readonly audit: Pick<AuditLog, 'append'>
  readonly addressOf: (request: FastifyRequest) => string
  /** Called when a session has ended at this node. */
  readonly onEnd: (session: string) => void
}

/** @param app has the guard of the session */
export function mountOwnSessions(app: FastifyInstance, options: OwnSessionsOptions): void {
  const { path, mount, db, idleMs, clock, audit, addressOf, onEnd } = options
  const config = { requires: { dpa: 'any' as const }, endpoint: { kind: mount.name } }

  app.get(`${path}/sessions`, { config }, async (request) => {
    const { session } = sessionAccessOf(request)
    const now = clock()
    const rows = await ofSame(db, session, mount)
      .where('ends_at', '>', now)
      .where('seen_at', '>', now - idleMs)
      .orderBy('signed_in_at', 'desc')
      .orderBy('id')
      .limit(maxSessions)
      .execute()
    return {
      items: rows.map(({ id, signed_in_at, seen_at, ends_at, address, user_agent: userAgent }) => ({
        id,
        signedInAt: toInstant(signed_in_at),
        seenAt: toInstant(seen_at),
        endsAt: toInstant(ends_at),
        address: session.who.kind === 'person' ? address : rangeOf(address),
        userAgent,
        current: id === session.id,
      })),
      next: null,
    }
  })

  app.delete<{ Params: { id: string } }>(`${path}/sessions/:id`, { config }, async (request, reply) => {
    const access = sessionAccessOf(request)
    const found = await ofSame(db, access.session, mount).where('id', '=', request.params.id).executeTakeFirst()
    if (!found) throw new ProblemError('not-found', { detail: 'You have no such session.', remedy: 'It may have ended.' })
    await db.deleteFrom('sessions').where('id', '=', found.id).execute()
    onEnd(found.id)
    await recordSession(audit, request, signedIn(access, addressOf(request)), 'session.end', { sessionId: found.id }, mount)
    return reply.code(204).send()
  })
}

function ofSame(db: Kysely<Schema>, { who }: Session, { name }: PageMount) {
  const sessions = db.selectFrom('sessions').selectAll().where('mount', '=', name)
  return who.kind === 'person' ? sessions.where('person', '=', who.person) : sessions.where('client', '=', who.client)
}
