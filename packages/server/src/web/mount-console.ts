// Mounts the console: its pages, the session of who has signed in, the table of operations once more, and the stream of hints. What it does
// is an operation of the table; it has no power that the API lacks (decisions/098).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Guard } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'
import { forbidStorage } from '../api/no-store.ts'
import { readOptionalJson } from '../api/optional-body.ts'
import { ownGuard } from '../api/own-guard.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Cache } from '../cache/cache.ts'
import type { ChangeRing } from '../cache/change-ring.ts'
import type { ApplyChange } from '../change/apply-change.ts'
import type { ClientRequestContext } from '../clients/client-request.ts'
import type { Clock } from '../clock.ts'
import type { ConsoleSettings } from '../configuration/console-settings.ts'
import { ProblemError } from '../errors.ts'
import type { HttpServer } from '../http/http-server.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { PageCounters } from '../monitoring/page-counters.ts'
import type { MountOperations, OperationMount } from '../operators/operation-mount.ts'
import { findOperatorsOrganization } from '../operators/operators.ts'
import { createRightsOfGroups } from '../operators/rights-of-groups.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { readPersonAuthority } from '../sessions/person-authority.ts'
import { consoleRightsOf } from '../sessions/person-standing.ts'
import { requireFreshSignIn } from '../sessions/fresh-sign-in.ts'
import { createSessionGuard } from '../sessions/session-guard.ts'
import { consoleScopesOf, type FoundAccess, type SessionAccess } from '../sessions/session-standing.ts'
import { createSessions } from '../sessions/sessions.ts'
import type { Store } from '../store/store.ts'
import { createBeginSession } from './begin-session.ts'
import { topicsFor } from './change-hints.ts'
import { mountCspReports } from './csp-reports.ts'
import { createHintStreams, type HintStreams } from './hint-streams.ts'
import { mountIdp } from './mount-idp.ts'
import { mountPages } from './mount-pages.ts'
import { createOperatorsIdp } from './operators-idp.ts'
import { addHeaders, pageHeaders } from './page-headers.ts'
import { createPageFiles } from './page-files.ts'
import { answerOnlyAt, challengeByCookie, type PageMount } from './page-mount.ts'
import { refuseCrossSite } from './same-origin.ts'
import { createSessionCookie } from './session-cookie.ts'
import { sessionDocument } from './session-document.ts'
import { mountSession } from './session-routes.ts'
import type { SignInLinks } from './sign-in-links.ts'
import { createSignIn } from './sign-in.ts'

export interface ConsoleOptions {
  readonly settings: ConsoleSettings
  /** Of the server. */
  readonly publicUrl: string
  readonly http: Pick<HttpServer, 'connections' | 'watchEnd'>
  readonly store: Pick<Store, 'db' | 'transact' | 'onUsesHint'>
  readonly realms: ReadonlyMap<string, Realm>
  readonly cache: Cache
  readonly ring: ChangeRing
  readonly pepper: KeyRing
  readonly clock: Clock
  readonly audit: AuditLog
  readonly counters: PageCounters
  readonly addressOf: (request: FastifyRequest) => string
  /** Of the realm of the operators. */
  readonly guard: Guard
  /** How the clients of each realm are authenticated, with a throttle. */
  readonly contexts: ReadonlyMap<string, ClientRequestContext>
  readonly links: SignInLinks
  readonly mountOperations: MountOperations
  readonly applyChange: ApplyChange
  /** Whether the portal is on. */
  readonly hasPortal: boolean
}

const path = '/console'
const mount: PageMount = {
  name: 'console',
  actor: 'operator',
  usualRealm: operatorsRealmName,
  isUse: true,
  anySecretMethod: false,
  admit(client) {
    if (!consoleScopesOf(client)) throw new ProblemError('insufficient-scope', noOperator)
  },
}
const noOperator = {
  detail: 'This client is not an operator of its realm.',
  remedy: 'Sign in with the client of an operator. An owner can make a client an operator of its own realm.',
}
const endpoint = { kind: mount.name }

/** Returns its streams, which end before the server drains. */
export async function mountConsole(app: FastifyInstance, options: ConsoleOptions): Promise<HintStreams> {
  const { settings, publicUrl, store, realms, cache, pepper, clock, counters, addressOf, hasPortal } = options
  const { publicUrl: ownUrl, session: limits, signIn: ways } = settings
  const origin = ownUrl ?? publicUrl
  const cookie = createSessionCookie('console', origin)
  const sessions = createSessions(store, pepper, 'console')
  const readToken = cookie.read
  const rightsOfGroups = ways.oidc && createRightsOfGroups(ways.oidc)
  const rightsOf = consoleRightsOf(rightsOfGroups)
  const ofStanding = { realms, cache, limits, scopesOf: consoleScopesOf, rightsOf }
  const guard = createSessionGuard({ ...ofStanding, guard: options.guard, sessions, readToken, clock })
  const guardOptions = ownGuard(guard, guard)
  const { findAccess } = guard
  const beginSession = createBeginSession({ ...options, mount, db: store.db, sessions, limits, readToken, findAccess })
  const signIn = createSignIn({ ...options, mount, beginSession, allowsSecret: ways.operatorSecret })
  const { connections, watchEnd } = options.http
  const streams = createHintStreams({
    ...options,
    guard,
    readToken,
    connections,
    watchEnd,
    topicsOf: (hints, { operator, token }) => topicsFor(hints, operator, token.scopes),
  })
  const operations: OperationMount = {
    prefix: `${path}/api/v1`,
    via: 'console',
    guard: guardOptions,
    endpoint: endpoint.kind,
    readPerson: (change, access) => readPersonAuthority(change, access, { realms, rightsOf }),
    permit: (name, attempt, access) => requireFreshSignIn(name, attempt, access as SessionAccess, limits, clock()),
  }

  if (ownUrl !== undefined) answerOnlyAt(app, new URL(ownUrl).host)
  const reportPath = `${path}/csp-report`
  addHeaders(app, pageHeaders(reportPath, origin))
  await app.register(async (pages) => mountPages(pages, { name: mount.name, title: 'Countersign', files: createPageFiles('console') }))
  await app.register(async (scope) =>
    mountCspReports(scope, { path: reportPath, endpoint: mount.name, clock, addressOf, count: counters.countReport }),
  )
  const context = options.contexts.get(operatorsRealmName)!
  const common = { ...options, mount, guard, cookie, sessions, context, onEnd: streams.endOf }
  if (ways.oidc && rightsOfGroups) {
    const findOrganization = () => findOperatorsOrganization(options.applyChange, realms.get(operatorsRealmName)!, store.db)
    const parties = createOperatorsIdp({ origin, path, settings: ways.oidc, rightsOfGroups, clock, findOrganization })
    await mountIdp(app, { ...common, path, origin, parties, beginSession })
  }
  await app.register(async (api) => {
    refuseCrossSite(api, origin)
    challengeByCookie(api, mount)
    await api.register(async (scope) => {
      await scope.register(countersignGuard, guardOptions)
      forbidStorage(scope)
      readOptionalJson(scope)
      const describe = (access: FoundAccess) => sessionDocument(access, limits, hasPortal)
      mountSession(scope, { ...common, describe, signIn, path: `${path}/api` })
      const waysToSignIn = { operatorSecret: ways.operatorSecret, oidc: ways.oidc ? { name: ways.oidc.name } : null }
      scope.get(`${path}/api/sign-in`, { config: { public: true, endpoint } }, () => Promise.resolve(waysToSignIn))
      const events = { config: { requires: { dpa: 'any' as const }, endpoint }, exposeHeadRoute: false }
      scope.get(`${path}/events`, events, (request, reply) => streams.open(request, reply))
    })
    await api.register((scope) => options.mountOperations(scope, operations))
  })
  return streams
}
