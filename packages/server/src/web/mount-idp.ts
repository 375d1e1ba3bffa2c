// Mounts the sign-in at the identity provider (IdP) that the configuration names; without one there is none.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ApplyChange } from '../change/apply-change.ts'
import type { ClientRequestContext } from '../clients/client-request.ts'
import type { OidcSettings } from '../configuration/sign-in-settings.ts'
import { createSecretReader } from '../configuration/secret-reader.ts'
import { createIdentityProvider } from '../idp/identity-provider.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { findOperatorsOrganization } from '../operators/operators.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import type { RightsOfGroups } from '../sessions/person-standing.ts'
import type { SessionGuard } from '../sessions/session-guard.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Store } from '../store/store.ts'
import type { BeginSession } from './begin-session.ts'
import { createIdpCookie } from './idp-cookie.ts'
import { createIdpFailureLog } from './idp-failure-log.ts'
import { mountIdpLogout } from './idp-logout.ts'
import { mountIdpRoutes } from './idp-routes.ts'
import { createPersonSessions } from './idp-sessions.ts'
import type { PageMount } from './page-mount.ts'
import type { SessionCookie } from './session-cookie.ts'

export interface IdpOptions {
  readonly mount: PageMount
  readonly path: string
  /** Of the pages. */
  readonly origin: string
  readonly settings: OidcSettings
  readonly rightsOfGroups: RightsOfGroups
  readonly realms: ReadonlyMap<string, Realm>
  readonly store: Pick<Store, 'db' | 'transact'>
  readonly pepper: KeyRing
  readonly applyChange: ApplyChange
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

/** @throws ConfigurationError if the secret of its client cannot be read */
export async function mountIdp(app: FastifyInstance, options: IdpOptions): Promise<void> {
  const { path, origin, settings, realms, store, applyChange, context } = options
  const { clock } = context
  const realm = realms.get(operatorsRealmName)
  if (!realm) throw new TypeError(`There is no realm "${operatorsRealmName}"`)
  const readSecret = createSecretReader('console.signIn.oidc.clientSecret', settings.clientSecret)
  const idp = createIdentityProvider({ settings, readSecret, callbackUrl: `${origin}${path}/api/oidc/callback`, clock })
  const people = createPersonSessions({
    ...options,
    clock,
    findOrganization: () => findOperatorsOrganization(applyChange, realm, store.db),
  })
  const ofRoutes = { ...options, idp, logFailure: createIdpFailureLog(clock) }
  await app.register(async (scope) => mountIdpRoutes(scope, { ...ofRoutes, people, idpCookie: createIdpCookie(origin) }))
  await app.register(async (scope) => mountIdpLogout(scope, { ...ofRoutes, clock }))
}
