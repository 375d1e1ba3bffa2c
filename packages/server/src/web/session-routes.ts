// The routes of a session: sign in, who am I, a person did something, enter the secret again, sign out.
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { RequestDetails, RequestKind } from '../audit/events/kinds.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { admitClientRequests, type ClientRequestContext } from '../clients/client-request.ts'
import { answerError } from '../http/answer-error.ts'
import { toRequestError } from '../http/request-aborted.ts'
import { ProblemError } from '../errors.ts'
import { sessionAccessOf, type SessionGuard } from '../sessions/session-guard.ts'
import type { FoundAccess } from '../sessions/session-standing.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { PageMount } from './page-mount.ts'
import { recordSession, signedIn } from './record-session.ts'
import type { SessionCookie } from './session-cookie.ts'
import { toSignInError } from './sign-in-error.ts'
import type { SignIn } from './sign-in.ts'

export interface SessionRoutesOptions {
  readonly mount: PageMount
  /** Of the API of the mount. */
  readonly path: string
  /** Of the server, for problems. */
  readonly publicUrl: string
  readonly guard: SessionGuard
  readonly cookie: SessionCookie
  readonly sessions: Sessions
  /** What the page is told of a session. */
  readonly describe: (access: FoundAccess) => object
  readonly signIn: SignIn
  /** Of the realm of the operators, whose throttle admits every attempt. */
  readonly context: ClientRequestContext
  readonly audit: Pick<AuditLog, 'append'>
  /** Called when a session has ended at this node. */
  readonly onEnd: (session: string) => void
}

/** Any client or person that has signed in. */
const requires = { dpa: 'any' as const }
const maxBodyBytes = 8192

/** In a scope with {@link SessionRoutesOptions.guard}. */
export function mountSession(app: FastifyInstance, options: SessionRoutesOptions): void {
  const { mount, path, publicUrl, guard, cookie, sessions, describe, signIn, context, audit, onEnd } = options
  const endpoint = { kind: mount.name }
  const url = `${path}/session`

  /** What begins a session or lasts longer by a secret: throttled by address, with an audit event for every denial. */
  const bySecret = (kind: RequestKind): Pick<RouteOptions, 'bodyLimit' | 'onRequest' | 'errorHandler'> => ({
    bodyLimit: maxBodyBytes,
    onRequest: admitClientRequests(context),
    errorHandler: (thrown, request, reply) => {
      const error = toRequestError(thrown, request)
      signIn.noteDenial(kind, error, request)
      return answerError(publicUrl, toSignInError(error, mount.name), request, reply)
    },
  })

  app.route({
    method: 'POST',
    url,
    ...bySecret('session.start'),
    config: { public: true, surface: 'sign-in', endpoint },
    handler: async (request, reply) => {
      const { token, access } = await signIn.begin(request)
      return reply.code(201).header('set-cookie', cookie.set(token)).send(describe(access))
    },
  })

  app.get(url, { config: { requires, endpoint } }, (request) => Promise.resolve(describe(sessionAccessOf(request))))

  app.post(`${url}/activity`, { config: { requires, endpoint }, bodyLimit: maxBodyBytes }, async (request, reply) => {
    await sessions.noteActivity(sessionAccessOf(request).session, context.clock())
    return reply.code(204).send()
  })

  app.route({
    method: 'POST',
    url: `${url}/confirm`,
    ...bySecret('session.confirm'),
    config: { requires, surface: 'sign-in', endpoint },
    handler: async (request) => {
      const access = sessionAccessOf(request)
      const { session } = access
      const confirmation = await signIn.confirm(request, access)
      await note(request, 'session.confirm', { sessionId: session.id, ...confirmation })
      await sessions.confirm(session, confirmation.secretId, context.clock())
      const found = await guard.findAccess(cookie.read(request.raw.rawHeaders))
      if (!found) throw new ProblemError('signed-out')
      return describe(found)
    },
  })

  app.delete(url, { config: { requires, endpoint } }, async (request: FastifyRequest, reply: FastifyReply) => {
    const { session } = sessionAccessOf(request)
    await sessions.end(session.id)
    onEnd(session.id)
    await note(request, 'session.end', { sessionId: session.id })
    return reply.code(204).header('set-cookie', cookie.cleared).send()
  })

  async function note<Kind extends 'session.confirm' | 'session.end'>(
    request: FastifyRequest,
    kind: Kind,
    detail: RequestDetails[Kind],
  ): Promise<void> {
    const who = signedIn(sessionAccessOf(request), context.addressOf(request))
    await recordSession(audit, request, who, kind, detail, mount)
  }
}
