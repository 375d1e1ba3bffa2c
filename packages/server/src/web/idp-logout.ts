// Back-channel logout: the identity provider (IdP) says that a person has signed out there, or was removed. The sessions here end at once, on every
// node (OpenID Connect Back-Channel Logout 1.0).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { forbidStorage } from '../api/no-store.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientRequestContext } from '../clients/client-request.ts'
import type { Clock } from '../clock.ts'
import { ConnectionRefused, OAuthError, ProblemError } from '../errors.ts'
import { readFormsAsBytes } from '../http/form-bodies.ts'
import { originOf } from '../http/request-origin.ts'
import type { IdentityProvider } from '../idp/identity-provider.ts'
import { createLogoutReader } from '../idp/logout-token.ts'
import { endSessionsOf, type EndedSession } from '../idp/people-of-idp.ts'
import { SignInRefusal } from '../idp/sign-in-refusal.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Store } from '../store/store.ts'
import type { LogIdpFailure } from './idp-failure-log.ts'
import type { PageMount } from './page-mount.ts'
import { recordSession } from './record-session.ts'

export interface IdpLogoutOptions {
  readonly mount: Pick<PageMount, 'name' | 'actor'>
  /** Of the pages. */
  readonly path: string
  readonly idp: IdentityProvider
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

export function mountIdpLogout(app: FastifyInstance, options: IdpLogoutOptions): void {
  const { mount, path, idp, store, context, clock, audit, logFailure, onEnd } = options
  const readLogout = createLogoutReader(idp, clock)
  forbidStorage(app)
  readFormsAsBytes(app)

  app.post(
    `${path}/api/oidc/logout`,
    { bodyLimit: maxBodyBytes, config: { endpoint: { kind: mount.name }, surface: 'sign-in' } },
    async (request, reply) => {
      const address = context.addressOf(request)
      try {
        await context.protection.admit(address, clock())
        await context.protection.refuseBlocked(address, counted, clock())
        const logout = await readLogout(tokenOf(request))
        const ended = await endSessionsOf(store, logout)
        for (const session of ended) {
          onEnd(session.id)
          await note(request, session)
        }
        return reply.code(200).send()
      } catch (thrown) {
        if (!(thrown instanceof SignInRefusal)) throw toProblem(thrown)
        if (thrown.code === 'sign-in-invalid') await context.protection.recordFailure(address, counted, clock())
        noteDenial(request, thrown)
        // §2.8: the same for every fault, without telling it.
        return reply.code(thrown.code === 'idp-away' ? 503 : 400).send({ error: 'invalid_request' })
      }
    },
  )

  async function note(request: FastifyRequest, { id: sessionId, person, name, organizationId }: EndedSession): Promise<void> {
    const address = context.addressOf(request)
    const who = { realm: operatorsRealmName, person: { id: person, name }, organizationId, address }
    await recordSession(audit, request, who, 'session.end', { sessionId, proof: 'idp' }, mount)
  }

  function noteDenial(request: FastifyRequest, refusal: SignInRefusal): void {
    request.refused = { reason: refusal.reason }
    if (refusal.code === 'idp-away') logFailure(request, refusal, 'a logout by the identity provider could not be checked')
    audit.noteDenial(
      {
        kind: 'session.end',
        outcome: 'refused',
        reason: refusal.reason,
        realm: operatorsRealmName,
        ...originOf(request, context.addressOf(request)),
        detail: { code: refusal.code === 'idp-away' ? 'temporarily-unavailable' : 'invalid-request' },
      },
      counted,
    )
  }
}

function tokenOf({ body }: FastifyRequest): unknown {
  const tokens = new URLSearchParams(Buffer.isBuffer(body) ? body.toString() : '').getAll('logout_token')
  return tokens.length === 1 ? tokens[0] : undefined
}

function toProblem(thrown: unknown): unknown {
  if (thrown instanceof ConnectionRefused || !(thrown instanceof OAuthError)) return thrown
  return new ProblemError('rate-limited', { headers: { 'retry-after': String(thrown.details.retryAfterSeconds ?? 1) } })
}
