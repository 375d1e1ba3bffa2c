// Signing in at the identity provider (IdP) of the company: the browser is sent there, and comes back with a code. Both are navigations and not
// calls of the page, so both are answered by a redirect: to a page, or to the sign-in page with a word for what went wrong.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { forbidStorage } from '../api/no-store.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientRequestContext } from '../clients/client-request.ts'
import { ConnectionRefused, OAuthError, ProblemError, toError } from '../errors.ts'
import { logFailure } from '../http/answer-error.ts'
import { originOf } from '../http/request-origin.ts'
import { openFlow, randomPart, sealFlow, type Flow } from '../idp/flow.ts'
import type { IdentityProvider } from '../idp/identity-provider.ts'
import type { Identity } from '../idp/read-identity.ts'
import { SignInRefusal } from '../idp/sign-in-refusal.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { SessionGuard } from '../sessions/session-guard.ts'
import type { IdpCookie } from './idp-cookie.ts'
import type { LogIdpFailure } from './idp-failure-log.ts'
import type { PersonSessions } from './idp-sessions.ts'
import type { PageMount } from './page-mount.ts'
import { readReturnPath } from './return-path.ts'
import type { SessionCookie } from './session-cookie.ts'

export interface IdpRoutesOptions {
  readonly mount: Pick<PageMount, 'name'>
  /** Of the pages. */
  readonly path: string
  readonly idp: IdentityProvider
  readonly pepper: KeyRing
  readonly guard: Pick<SessionGuard, 'findAccess'>
  readonly cookie: SessionCookie
  readonly idpCookie: IdpCookie
  readonly people: PersonSessions
  /** Of the realm of the operators, with its throttle. */
  readonly context: ClientRequestContext
  readonly audit: Pick<AuditLog, 'noteDenial'>
  readonly logFailure: LogIdpFailure
}

/** What failures at the IdP count against, at each address. */
const counted = 'sign-in at the identity provider'

export function mountIdpRoutes(app: FastifyInstance, options: IdpRoutesOptions): void {
  const { mount, path, idp, pepper, guard, cookie, idpCookie, people, context, audit, logFailure: logIdpFailure } = options
  const config = { endpoint: { kind: mount.name } }
  const signInPage = `${path}/sign-in`
  forbidStorage(app)

  /** Answers a navigation: what is thrown becomes a word on the sign-in page. */
  const navigation =
    (answer: (request: FastifyRequest, reply: FastifyReply) => Promise<string>) => async (request: FastifyRequest, reply: FastifyReply) => {
      refuseEmbedded(request)
      try {
        await context.protection.admit(context.addressOf(request), context.clock())
        const target = await answer(request, reply)
        return reply.redirect(target, 303)
      } catch (thrown) {
        if (thrown instanceof ConnectionRefused) throw thrown
        const refusal = toRefusal(thrown, request)
        note(request, refusal)
        return reply.redirect(`${signInPage}?error=${refusal.code}`, 303)
      }
    }

  app.get<{ Querystring: Record<string, unknown> }>(
    `${path}/api/oidc/start`,
    { config, exposeHeadRoute: false },
    navigation(async (request, reply) => {
      const { return: wanted, confirm } = request.query as Record<string, unknown>
      // No other site may begin a sign-in: it would end the session that the browser has.
      if (isOfOtherSite(request)) throw new ProblemError('cross-site-request')
      const access = await guard.findAccess(cookie.read(request.raw.rawHeaders))
      const person = confirm === '1' ? access?.operator.person?.id : undefined
      const flow: Flow = {
        state: randomPart(),
        nonce: randomPart(),
        verifier: randomPart(),
        returnTo: readReturnPath(wanted, path),
        beganAt: context.clock(),
        ...(access && { session: access.session.id }),
        ...(person !== undefined && { confirms: person }),
      }
      const target = await idp.startUrl(flow)
      reply.header('set-cookie', idpCookie.set(sealFlow(pepper, flow)))
      return target.href
    }),
  )

  app.get(
    `${path}/api/oidc/callback`,
    { config, exposeHeadRoute: false },
    navigation(async (request, reply) => {
      reply.header('set-cookie', idpCookie.cleared)
      const sealed = idpCookie.read(request.raw.rawHeaders)
      const flow = sealed === undefined ? undefined : openFlow(pepper, sealed, context.clock())
      if (!flow) throw new SignInRefusal('sign-in-ended', 'idp-no-flow')
      const address = context.addressOf(request)
      await context.protection.refuseBlocked(address, counted, context.clock())
      const identity = await finish(request, flow)
      const token = await people.signIn(request, identity, flow)
      if (token !== undefined) reply.header('set-cookie', cookie.set(token)) // besides the other one
      return flow.returnTo
    }),
  )

  /** A code that was guessed or stolen counts as a wrong secret does. */
  async function finish(request: FastifyRequest, flow: Flow): Promise<Identity> {
    const query = (request.raw.url ?? '').split('?')[1] ?? ''
    try {
      return await idp.finish(query, flow)
    } catch (error) {
      if (error instanceof SignInRefusal && error.code === 'sign-in-invalid')
        await context.protection.recordFailure(context.addressOf(request), counted, context.clock())
      throw error
    }
  }

  function note(request: FastifyRequest, refusal: SignInRefusal): void {
    const { code, reason, identity } = refusal
    if (code === 'idp-away' || code === 'sign-in-invalid') logIdpFailure(request, refusal, 'a sign-in at the identity provider failed')
    request.refused = { reason }
    audit.noteDenial(
      {
        kind: 'session.start',
        outcome: 'refused',
        reason,
        realm: operatorsRealmName,
        ...originOf(request, context.addressOf(request)),
        detail: { code: problemOf[code], ...(identity && { issuer: identity.issuer, subject: identity.subject }) },
      },
      identity?.subject ?? counted,
    )
  }
}

/** What the same would be called at an API. */
const problemOf = {
  'idp-away': 'temporarily-unavailable',
  'idp-refused': 'invalid-client',
  'sign-in-ended': 'invalid-client',
  'sign-in-invalid': 'invalid-client',
  'no-role': 'insufficient-scope',
  'other-person': 'invalid-client',
  'too-many-attempts': 'rate-limited',
  unavailable: 'temporarily-unavailable',
} as const satisfies Record<SignInRefusal['code'], string>

function toRefusal(thrown: unknown, request: FastifyRequest): SignInRefusal {
  if (thrown instanceof SignInRefusal) return thrown
  if (thrown instanceof ProblemError && thrown.code === 'cross-site-request') throw thrown
  if (thrown instanceof OAuthError && (thrown.code === 'too-many-token-requests' || thrown.code === 'authentication-blocked'))
    return new SignInRefusal('too-many-attempts', thrown.reason)
  logFailure(thrown, request)
  return new SignInRefusal('unavailable', 'unavailable', { cause: toError(thrown) })
}

/** A picture, a frame or a script of a page must not begin or end a sign-in; a browser that does not say what it loads may. */
function refuseEmbedded({ headers }: FastifyRequest): void {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers
  const isPage = (mode ?? 'navigate') === 'navigate' && (destination ?? 'document') === 'document'
  if (!isPage) throw new ProblemError('cross-site-request')
}

/** "none" is a person who has typed the address. */
function isOfOtherSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
