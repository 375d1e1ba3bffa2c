// Back-channel logout: an identity provider (IdP) says that a person has signed out there, or was removed. The sessions here end at once, on every
// node (OpenID Connect Back-Channel Logout 1.0).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { forbidStorage } from '../api/no-store.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientRequestContext } from '../clients/client-request.ts'
import type { Clock } from '../clock.ts'
import { ConnectionRefused, OAuthError, ProblemError } from '../errors.ts'
import { readFormsAsBytes } from '../http/form-bodies.ts'
import { originOf } from '../http/request-origin.ts'
import { SignInRefusal } from '../idp/sign-in-refusal.ts'
import { endSessionsOf, type EndedSession, type PeopleOf } from '../people/people-of-idp.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Store } from '../store/store.ts'
import type { LogIdpFailure } from './idp-failure-log.ts'
import type { IdpParties, IdpParty, PlaceOfParty } from './idp-party.ts'
import type { PageMount } from './page-mount.ts'
import { recordSession } from './record-session.ts'

export interface IdpLogoutOptions {
  readonly mount: Pick<PageMount, 'name' | 'actor'>
  /** Of the pages. */
  readonly path: string
  readonly parties: IdpParties
  readonly store: Pick<Store, 'transact'>
  /** Of the realm of the operators, with its throttle. */
  readonly context: ClientRequestContext
  readonly clock: Clock
  readonly audit: Pick<AuditLog, 'append' | 'noteDenial'>
  readonly logFailure: LogIdpFailure
  /** Called when a session has ended at this node. */
  readonly onEnd: (session: string) => void
}

const maxBodyBytes = 20_480
/** What failures count against, at each address. */
const counted = 'logout by the identity provider'
/** Companies that use one service for their sign-in share its addresses: what one of them sends must not hold up the others. */
const countedOf = (party: IdpParty | undefined) => (party?.organizationId === undefined ? counted : `${counted} of ${party.organizationId}`)

export function mountIdpLogout(app: FastifyInstance, options: IdpLogoutOptions): void {
  const { mount, path, parties, store, context, clock, audit, logFailure, onEnd } = options
  forbidStorage(app)
  readFormsAsBytes(app)

  app.post(
    `${path}/api/oidc/logout${parties.place}`,
    { bodyLimit: maxBodyBytes, config: { endpoint: { kind: mount.name }, surface: 'sign-in' } },
    async (request, reply) => {
      const address = context.addressOf(request)
      let party: IdpParty | undefined
      try {
        await context.protection.admit(address, clock())
        party = await parties.find(request.params as PlaceOfParty, { isSuspendedToo: true })
        await context.protection.refuseBlocked(address, countedOf(party), clock())
        const logout = await party.readLogout(tokenOf(request))
        const of = await party.findPeople()
        const ended = await endSessionsOf(store, of, logout)
        for (const { id } of ended) onEnd(id)
        for (const session of ended) await note(request, session, of)
        return reply.code(200).send()
      } catch (thrown) {
        if (!(thrown instanceof SignInRefusal)) throw toProblem(thrown)
        if (!isAway(thrown)) await countFailure(address, party)
        noteDenial(request, thrown, party)
        // §2.8: the same for every fault, without telling it.
        return reply.code(isAway(thrown) ? 503 : 400).send({ error: 'invalid_request' })
      }
    },
  )

  async function countFailure(address: string, party: IdpParty | undefined): Promise<void> {
    try {
      await context.protection.recordFailure(address, countedOf(party), clock())
    } catch (thrown) {
      throw toProblem(thrown)
    }
  }

  async function note(request: FastifyRequest, { id: sessionId, person, name }: EndedSession, of: PeopleOf): Promise<void> {
    const who = { ...of, person: { id: person, name }, address: context.addressOf(request) }
    await recordSession(audit, request, who, 'session.end', { sessionId, proof: 'idp' }, mount)
  }

  function noteDenial(request: FastifyRequest, refusal: SignInRefusal, party: IdpParty | undefined): void {
    request.refused = { reason: refusal.reason, organizationId: party?.organizationId }
    if (isAway(refusal)) logFailure(request, refusal, 'a logout by the identity provider could not be checked', party)
    audit.noteDenial(
      {
        kind: 'session.end',
        outcome: 'refused',
        reason: refusal.reason,
        realm: party?.realm ?? operatorsRealmName,
        organizationId: party?.organizationId,
        ...originOf(request, context.addressOf(request)),
        detail: {
          code: isAway(refusal) ? 'temporarily-unavailable' : 'invalid-request',
          ...(mount.name === 'portal' && { at: mount.name }),
        },
      },
      counted,
    )
  }
}

/** Its identity provider may send it again. */
function isAway({ code }: SignInRefusal): boolean {
  return code === 'idp-away' || code === 'unavailable'
}

function tokenOf({ body }: FastifyRequest): unknown {
  const tokens = new URLSearchParams(Buffer.isBuffer(body) ? body.toString() : '').getAll('logout_token')
  return tokens.length === 1 ? tokens[0] : undefined
}

function toProblem(thrown: unknown): unknown {
  if (thrown instanceof ConnectionRefused || !(thrown instanceof OAuthError)) return thrown
  return new ProblemError('rate-limited', { headers: { 'retry-after': String(thrown.details.retryAfterSeconds ?? 1) } })
}
