// Mounts the sign-in at identity providers (IdPs): that of the operators at the console, those of organizations at the portal.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientRequestContext } from '../clients/client-request.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { SessionGuard } from '../sessions/session-guard.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Store } from '../store/store.ts'
import type { BeginSession } from './begin-session.ts'
import { createIdpCookie } from './idp-cookie.ts'
import { createIdpFailureLog } from './idp-failure-log.ts'
import { mountIdpLogout } from './idp-logout.ts'
import type { IdpParties } from './idp-party.ts'
import { mountIdpRoutes } from './idp-routes.ts'
import { createPersonSessions } from './idp-sessions.ts'
import type { PageMount } from './page-mount.ts'
import type { SessionCookie } from './session-cookie.ts'

export interface IdpOptions {
  readonly mount: PageMount
  readonly path: string
  /** Of the pages. */
  readonly origin: string
  readonly parties: IdpParties
  readonly store: Pick<Store, 'db' | 'transact'>
  readonly pepper: KeyRing
  readonly audit: Pick<AuditLog, 'append' | 'noteDenial'>
  readonly guard: Pick<SessionGuard, 'findAccess'>
  readonly sessions: Sessions
  readonly cookie: SessionCookie
  readonly beginSession: BeginSession
  /** Of the realm of the operators, with its throttle. */
  readonly context: ClientRequestContext
  readonly addressOf: (request: FastifyRequest) => string
  /** Called when a session has ended at this node. */
  readonly onEnd: (session: string) => void
}

export async function mountIdp(app: FastifyInstance, options: IdpOptions): Promise<void> {
  const { mount, origin, context } = options
  const { clock } = context
  const people = createPersonSessions({ ...options, clock })
  const idpCookie = createIdpCookie(origin, mount.name)
  const ofRoutes = { ...options, logFailure: createIdpFailureLog(clock) }
  await app.register(async (scope) => mountIdpRoutes(scope, { ...ofRoutes, people, idpCookie }))
  await app.register(async (scope) => mountIdpLogout(scope, { ...ofRoutes, clock }))
}
