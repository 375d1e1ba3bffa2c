// Mounts the portal: pages for the companies that call the API. A session is of one client, which signs in by its own secret and sees itself
// and its organization (decisions/103), or of a person, who sees the organization with all its clients (decisions/107); what either calls is a row
// of the table of operations with `portal`.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Guard } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'
import { forbidStorage } from '../api/no-store.ts'
import { readOptionalJson } from '../api/optional-body.ts'
import { ownGuard } from '../api/own-guard.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ChangeRing } from '../cache/change-ring.ts'
import type { ApplyChange } from '../change/apply-change.ts'
import type { PortalSettings } from '../configuration/portal-settings.ts'
import { ProblemError } from '../errors.ts'
import type { HttpServer } from '../http/http-server.ts'
import type { KeyRings } from '../keys/live-rings.ts'
import type { SigningKeys } from '../keys/realm-keys.ts'
import type { PageCounters } from '../monitoring/page-counters.ts'
import type { OAuthContext } from '../oauth/oauth-endpoint.ts'
import type { MountOperations, OperationMount } from '../operators/operation-mount.ts'
import { createPasskeyProof } from '../people/passkey-proof.ts'
import { relyingPartyOf } from '../people/relying-party.ts'
import { createCheckedFetch } from '../outbound/checked-fetch.ts'
import type { OutboundRules } from '../outbound/outbound-rules.ts'
import type { ResolveName } from '../outbound/resolve-names.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { portalRightsOf } from '../sessions/person-standing.ts'
import { createSessionGuard } from '../sessions/session-guard.ts'
import { freshUntil, type FoundAccess, type SessionAccess } from '../sessions/session-standing.ts'
import { createSessions } from '../sessions/sessions.ts'
import type { Store } from '../store/store.ts'
import { createBeginSession } from '../web/begin-session.ts'
import { mountCspReports } from '../web/csp-reports.ts'
import { createHintStreams, type HintStreams } from '../web/hint-streams.ts'
import { mountIdp } from '../web/mount-idp.ts'
import { mountPages } from '../web/mount-pages.ts'
import { createPageFiles } from '../web/page-files.ts'
import { addHeaders, pageHeaders } from '../web/page-headers.ts'
import { answerOnlyAt, challengeByCookie, type PageMount } from '../web/page-mount.ts'
import { refuseCrossSite } from '../web/same-origin.ts'
import { createSessionCookie } from '../web/session-cookie.ts'
import { mountSession } from '../web/session-routes.ts'
import type { SignInLinks } from '../web/sign-in-links.ts'
import { createSignIn } from '../web/sign-in.ts'
import { createIdpsOfOrganizations } from './idps-of-organizations.ts'
import { createAskerLimits } from './asker-limits.ts'
import { mountInvitations } from './invitation-routes.ts'
import type { OwnContext } from './own-context.ts'
import { createOwnHandlers } from './own-handlers.ts'
import { createOwnPeopleHandlers } from './own-people-handlers.ts'
import { createOwnRules } from './own-rules.ts'
import { mountOwnSessions } from './own-sessions.ts'
import { ownTopics } from './own-topics.ts'
import { mountPasskeys } from './passkey-routes.ts'
import { describePortalSession } from './portal-session.ts'
import { mountTryToken } from './try-token.ts'

/** Streams of events of one organization at each node. */
const maxOfOrganization = 40

export interface PortalOptions extends Omit<OwnContext, 'portalUrl'> {
  readonly settings: PortalSettings
  readonly http: Pick<HttpServer, 'connections' | 'watchEnd'>
  readonly store: Pick<Store, 'db' | 'transact' | 'onUsesHint'>
  readonly ring: ChangeRing
  readonly audit: AuditLog
  readonly applyChange: ApplyChange
  readonly signingKeys: SigningKeys
  readonly keyRings: Pick<KeyRings, 'keyEncryptionKey'>
  /** For the identity providers of organizations. */
  readonly outbound: OutboundRules
  readonly resolve: ResolveName
  readonly counters: PageCounters
  readonly addressOf: (request: FastifyRequest) => string
  /** Names the denials; any guard of this server. */
  readonly guard: Guard
  /** By realm, with a throttle. */
  readonly contexts: ReadonlyMap<string, OAuthContext>
  readonly links: SignInLinks
  readonly mountOperations: MountOperations
}

const path = '/portal'
const mount: PageMount = {
  name: 'portal',
  actor: 'client',
  // A person who enters a secret shows nothing about the programs that use it, by which a rotation is judged.
  isUse: false,
  anySecretMethod: true,
  // With the answer and the work of a wrong secret: who is an operator is not told here.
  isClosedTo: (realm) => realm === operatorsRealmName,
}
const endpoint = { kind: mount.name }
/** These give or end a secret by plan, let a person in, or bind the company. Revoking one, in an emergency, waits for nothing. */
const needsFreshSignIn: ReadonlySet<string> = new Set([
  'accessRequests.makeClient',
  'rotation.start',
  'rotation.confirm',
  'rotation.cancel',
  'invitations.create',
  'dpa.accept',
])

/** Returns its streams, which end before the server drains. */
export async function mountPortal(app: FastifyInstance, options: PortalOptions): Promise<HintStreams> {
  const { settings, publicUrl, store, realms, cache, pepper, clock, counters, addressOf, contexts, signingKeys } = options
  const { publicUrl: ownUrl, session: limits } = settings
  const origin = ownUrl ?? publicUrl
  const cookie = createSessionCookie(mount.name, origin)
  const sessions = createSessions(store, pepper, mount.name)
  const readToken = cookie.read
  const scopesOf = ({ realm }: { readonly realm: string }) => (realm === operatorsRealmName ? undefined : [])
  const ofStanding = { realms, cache, limits, scopesOf, rightsOf: portalRightsOf }
  const guard = createSessionGuard({ ...ofStanding, guard: options.guard, sessions, readToken, clock })
  const guardOptions = ownGuard(guard, guard)
  const { findAccess } = guard
  const beginSession = createBeginSession({ ...options, mount, db: store.db, sessions, limits, readToken, findAccess })
  const party = relyingPartyOf(origin)
  const context = contexts.get(operatorsRealmName)!
  const proof = createPasskeyProof({ store, pepper, party, context })
  const signIn = createSignIn({ ...options, mount, beginSession, passkeys: proof })
  const { connections, watchEnd } = options.http
  const streams = createHintStreams({ ...options, guard, readToken, connections, watchEnd, topicsOf: ownTopics, maxOfOrganization })
  const askers = createAskerLimits()
  const ofHandlers = { ...options, limits, portalUrl: origin }
  const handlers = { ...createOwnHandlers(ofHandlers), ...createOwnPeopleHandlers(ofHandlers) }
  const operations: OperationMount = {
    prefix: `${path}/api/v1`,
    via: mount.name,
    guard: guardOptions,
    endpoint: endpoint.kind,
    own: createOwnRules({ realms, db: store.db, clock, handlers, askers }),
    permit(name, _attempt, access) {
      if (needsFreshSignIn.has(name) && clock() >= freshUntil((access as SessionAccess).session, limits))
        throw new ProblemError('sign-in-again')
    },
  }

  if (ownUrl !== undefined) answerOnlyAt(app, new URL(ownUrl).host)
  const reportPath = `${path}/csp-report`
  const ofReports = { path: reportPath, endpoint: mount.name, clock, addressOf, count: counters.countReport }
  addHeaders(app, pageHeaders(reportPath, origin))
  await app.register(async (pages) => mountPages(pages, { name: mount.name, title: 'Portal', files: createPageFiles(mount.name) }))
  await app.register(async (scope) => mountCspReports(scope, ofReports))
  const { keyEncryptionKey: ring } = options.keyRings
  const fetch = createCheckedFetch(options.outbound, { resolve: options.resolve })
  const parties = createIdpsOfOrganizations({ db: store.db, realms, ring, fetch, origin, clock })
  const ofIdps = { mount, path, origin, parties, guard, cookie, sessions, beginSession, context, onEnd: streams.endOf }
  await mountIdp(app, { ...options, ...ofIdps })
  await app.register(async (api) => {
    refuseCrossSite(api, origin)
    challengeByCookie(api, mount)
    await api.register(async (scope) => {
      await scope.register(countersignGuard, guardOptions)
      forbidStorage(scope)
      readOptionalJson(scope)
      const describe = (access: FoundAccess) => describePortalSession(realms, access, limits)
      const ofSession = { mount, guard, cookie, sessions, describe, signIn, context, onEnd: streams.endOf }
      mountSession(scope, { ...options, ...ofSession, path: `${path}/api` })
      const ofPeople = { ...options, path: `${path}/api`, party, context, cookie, describe, beginSession, proof, limits, askers }
      mountInvitations(scope, ofPeople)
      mountPasskeys(scope, ofPeople)
      mountOwnSessions(scope, { ...options, path: `${path}/api`, mount, limits, askers, onEnd: streams.endOf })
      mountTryToken(scope, { path: `${path}/api/try/token`, db: store.db, contexts, keysOf: (realm) => signingKeys.of(realm) })
      const events = { config: { requires: { dpa: 'any' as const }, endpoint }, exposeHeadRoute: false }
      scope.get(`${path}/events`, events, (request, reply) => streams.open(request, reply))
    })
    await api.register((scope) => options.mountOperations(scope, operations))
  })
  return streams
}
