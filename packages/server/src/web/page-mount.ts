// A place where pages are mounted: the console, or the portal. Sign-in, session and pages are the same at both; this says what differs.
import type { FastifyInstance } from 'fastify'
import type { ActorKind } from '../audit/events/audit-event.ts'
import type { ClientRecord } from '../cache/records.ts'
import { ProblemError } from '../errors.ts'

export interface PageMount {
  /** Its path without the slash, its cookie, its endpoint in metrics, and the channel of what is done there in the audit log. */
  readonly name: 'console' | 'portal'
  /** What signs in there, for the audit log. */
  readonly actor: ActorKind
  /** The realm of a sign-in that names none; undefined if each must name one. */
  readonly usualRealm?: string
  /** Whether entering a secret counts as a use of it, by which a rotation is judged. */
  readonly isUse: boolean
  /** Whether a client may sign in whose programs present the secret by another method than in the body. */
  readonly anySecretMethod: boolean
  /** Whether no client of a realm may sign in there, which is answered as if there were no such client. */
  isClosedTo?(realm: string): boolean
  /** Called for a client with the right secret. @throws OAuthError or ProblemError if it may not sign in there */
  admit?(client: ClientRecord): void
}

/** So that pages are at their own address only, although one listener serves all. The cookie is of this host, too. */
export function answerOnlyAt(app: FastifyInstance, host: string): void {
  app.addHook('onRequest', (request, _reply, done) => {
    done(request.headers.host?.toLowerCase() === host ? undefined : new ProblemError('not-found'))
  })
}

/** RFC 9110 §15.5.2 requires a challenge; no browser opens a window of its own for this one. */
export function challengeByCookie(app: FastifyInstance, { name }: Pick<PageMount, 'name'>): void {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (reply.statusCode === 401) reply.header('www-authenticate', `Cookie realm="${name}"`)
    done()
  })
}
