// Signing in at an identity provider (IdP): the browser is sent there, and comes back with a code. Both are navigations and not
// calls of the page, so both are answered by a redirect: to a page, or to the sign-in page with a word for what went wrong.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { forbidStorage } from '../api/no-store.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientRequestContext } from '../clients/client-request.ts'
import { ConnectionRefused, OAuthError, ProblemError, toError } from '../errors.ts'
import { logFailure } from '../http/answer-error.ts'
import { originOf } from '../http/request-origin.ts'
import { openFlow, randomPart, sealFlow, type Flow } from '../idp/flow.ts'
import type { Identity } from '../idp/read-identity.ts'
import { SignInRefusal } from '../idp/sign-in-refusal.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { SessionGuard } from '../sessions/session-guard.ts'
import type { IdpCookie } from './idp-cookie.ts'
import type { LogIdpFailure } from './idp-failure-log.ts'
import type { IdpParties, IdpParty, PlaceOfParty } from './idp-party.ts'
import type { PersonSessions } from './idp-sessions.ts'
import type { PageMount } from './page-mount.ts'
import { readReturnPath } from './return-path.ts'
import type { SessionCookie } from './session-cookie.ts'

export interface IdpRoutesOptions {
  readonly mount: Pick<PageMount, 'name'>
  /** Of the pages. */
  readonly path: string
  readonly parties: IdpParties
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

/** What failures at an IdP count against, at each address. */
const counted = 'sign-in at the identity provider'
const countedOf = ({ organizationId }: IdpParty) => (organizationId === undefined ? counted : `${counted} of ${organizationId}`)

export function mountIdpRoutes(app: FastifyInstance, options: IdpRoutesOptions): void {
  const { mount, path, parties, pepper, guard, cookie, idpCookie, people, context, audit, logFailure: logIdpFailure } = options
  const config = { endpoint: { kind: mount.name } }
  const placeOf = ({ params }: FastifyRequest) => params as PlaceOfParty
  forbidStorage(app)

  /** Answers a navigation: what is thrown becomes a word on the sign-in page. */
  const navigation =
    (answer: (request: FastifyRequest, reply: FastifyReply, found: Found) => Promise<string>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      refuseEmbedded(request)
      const found: Found = {}
      try {
        await context.protection.admit(context.addressOf(request), context.clock())
        const target = await answer(request, reply, found)
        return reply.redirect(target, 303)
      } catch (thrown) {
        if (thrown instanceof ConnectionRefused) throw thrown
        const refusal = toRefusal(thrown, request)
        note(request, refusal, found.party)
        return reply.redirect(`${parties.signInPage(placeOf(request))}?error=${refusal.code}`, 303)
      }
    }

  app.get<{ Querystring: Record<string, unknown> }>(
    `${path}/api/oidc/start${parties.place}`,
    { config, exposeHeadRoute: false },
    navigation(async (request, reply, found) => {
      const { return: wanted, confirm } = request.query as Record<string, unknown>
      // No other site may begin a sign-in: it would end the session that the browser has.
      if (isOfOtherSite(request)) throw new ProblemError('cross-site-request')
      const party = (found.party = await parties.find(placeOf(request)))
      const access = await guard.findAccess(cookie.read(request.raw.rawHeaders))
      const person = confirm === '1' ? access?.operator.person?.id : undefined
      const flow: Flow = {
        party: party.id,
        state: randomPart(),
        nonce: randomPart(),
        verifier: randomPart(),
        returnTo: readReturnPath(wanted, path),
        beganAt: context.clock(),
        ...(access && { session: access.session.id }),
        ...(person !== undefined && { confirms: person }),
      }
      const target = await party.idp.startUrl(flow)
      reply.header('set-cookie', idpCookie.set(sealFlow(pepper, flow)))
      return target.href
    }),
  )

  app.get(
    `${path}/api/oidc/callback${parties.place}`,
    { config, exposeHeadRoute: false },
    navigation(async (request, reply, found) => {
      reply.header('set-cookie', idpCookie.cleared)
      const sealed = idpCookie.read(request.raw.rawHeaders)
      const flow = sealed === undefined ? undefined : openFlow(pepper, sealed, context.clock())
      if (!flow) throw new SignInRefusal('sign-in-ended', 'idp-no-flow')
      const party = (found.party = await parties.find(placeOf(request)))
      // Otherwise the IdP of one organization could have a browser bring it the code of another one (RFC 9700 §4.4).
      if (flow.party !== party.id) throw new SignInRefusal('sign-in-ended', 'idp-other-party')
      const address = context.addressOf(request)
      await context.protection.refuseBlocked(address, countedOf(party), context.clock())
      const identity = await finish(request, party, flow)
      const token = await people.signIn(request, party, identity, flow)
      if (token !== undefined) reply.header('set-cookie', cookie.set(token)) // besides the other one
      return flow.returnTo
    }),
  )

  /** A code that was guessed or stolen counts as a wrong secret does. */
  async function finish(request: FastifyRequest, party: IdpParty, flow: Flow): Promise<Identity> {
    const query = (request.raw.url ?? '').split('?')[1] ?? ''
    try {
      return await party.idp.finish(query, flow)
    } catch (error) {
      if (error instanceof SignInRefusal && error.code === 'sign-in-invalid')
        await context.protection.recordFailure(context.addressOf(request), countedOf(party), context.clock())
      throw error
    }
  }

  function note(request: FastifyRequest, refusal: SignInRefusal, party: IdpParty | undefined): void {
    const { code, reason, identity } = refusal
    const isForLog = code === 'idp-away' || code === 'sign-in-invalid' || (code === 'unavailable' && reason !== code)
    if (isForLog) logIdpFailure(request, refusal, 'a sign-in at the identity provider failed', party)
    request.refused = { reason, organizationId: party?.organizationId }
    audit.noteDenial(
      {
        kind: 'session.start',
        outcome: 'refused',
        reason,
        realm: party?.realm ?? operatorsRealmName,
        organizationId: party?.organizationId,
        ...originOf(request, context.addressOf(request)),
        detail: {
          code: problemOf[code],
          ...(mount.name === 'portal' && { at: mount.name }),
          ...(identity && { issuer: identity.issuer, subject: identity.subject }),
        },
      },
      // An identity provider that an organization chose names as many subjects as it likes.
      party?.organizationId ?? identity?.subject ?? counted,
    )
  }
}

/** What an answer has learned before it failed. */
interface Found {
  party?: IdpParty
}

/** What the same would be called at an API. */
const problemOf = {
  'idp-away': 'temporarily-unavailable',
  'idp-refused': 'invalid-client',
  'sign-in-ended': 'invalid-client',
  'sign-in-invalid': 'invalid-client',
  'no-role': 'insufficient-scope',
  'no-idp': 'invalid-client',
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
