// Mounts every HTTP surface: the published documents, and for each realm its OAuth endpoints, its discovery and its API for token
// holders; the realm of the operators also has the admin API. A configured realm is a part of its own.
import type { FastifyInstance } from 'fastify'
import type { Guard } from '@countersign/guard'
import { mountKeycloakShape } from './admin/keycloak/keycloak-shape.ts'
import { createOperations } from './admin/mount-admin.ts'
import { createOperatorGuard } from './admin/operator-guard.ts'
import { createBadTokenLimit } from './api/bad-token-limit.ts'
import { createEveryRealmGuard } from './api/every-realm-guard.ts'
import { ownGuard, realmOfToken } from './api/own-guard.ts'
import { createRealmGuard, createRealmGuardForAdmin } from './api/realm-guard.ts'
import { noteOtherDenials } from './audit/note-other-denials.ts'
import { assertionReaders } from './clients/assertion-readers.ts'
import type { Configuration } from './configuration/configuration.ts'
import { mountEvaluation } from './evaluation/evaluation-endpoint.ts'
import { mountDiscovery } from './discovery/discovery.ts'
import { mountChanges } from './feed/changes-endpoint.ts'
import type { Feed } from './feed/feed.ts'
import { mountRealmFrontPages, mountServerFrontPage } from './discovery/front-pages.ts'
import { mountReference } from './discovery/reference.ts'
import { readFormsAsBytes } from './http/form-bodies.ts'
import type { HttpServer } from './http/http-server.ts'
import type { EndedRequest } from './http/request-end.ts'
import type { SharedFiles } from './http/shared-file.ts'
import { mountRealmApi, mountRootMe } from './me/realm-api.ts'
import { createSelfService } from './me/self-service.ts'
import { createStepLimit } from './me/step-limit.ts'
import type { Monitored } from './monitoring/metrics.ts'
import type { NodeReports } from './monitoring/node-report.ts'
import { mountProbes } from './monitoring/readiness.ts'
import { mountIntrospectionEndpoint } from './oauth/introspection-endpoint.ts'
import { createTokenInspector } from './oauth/inspect-token.ts'
import type { OAuthContext } from './oauth/oauth-endpoint.ts'
import { mountRevocationEndpoint } from './oauth/revocation-endpoint.ts'
import { mountTokenEndpoint } from './oauth/token-endpoint.ts'
import type { Data } from './open-data.ts'
import { mountProblemPages } from './problems/problem-pages.ts'
import type { MountOperations } from './operators/operation-mount.ts'
import { mountPortal } from './portal/mount-portal.ts'
import { operatorsRealmName } from './realms/operators-realm.ts'
import { createJsonFetcher } from './outbound/fetch-json.ts'
import { createOutboundRules } from './outbound/outbound-rules.ts'
import { createNameResolver } from './outbound/resolve-names.ts'
import { noteRefusedRequests } from './refusals/note-refused-requests.ts'
import { mountDecisions } from './reports/decisions-endpoint.ts'
import { createReportRate } from './reports/report-rate.ts'
import { placesOf, realmPaths } from './realms/realm-paths.ts'
import { createSessionEnds, type SessionEnds } from './sessions/session-ends.ts'
import { countOwnCalls } from './usage/count-own-calls.ts'
import { createAddressProtection } from './throttle/address-protection.ts'
import type { HintStreams } from './web/hint-streams.ts'
import { mountConsole } from './web/mount-console.ts'
import { withThrottle } from './web/sign-in-throttle.ts'
import type { SignInLinks } from './web/sign-in-links.ts'

export interface SurfaceOptions {
  readonly configuration: Pick<Configuration, 'publicUrl' | 'requestBodyLimit' | 'apiReference' | 'outboundRequests' | 'console' | 'portal'>
  readonly http: HttpServer
  readonly data: Data
  readonly feed: Feed
  readonly monitored: Pick<Monitored, 'readiness' | 'tokenOutcomes' | 'organizations' | 'pages'>
  readonly nodeReports: NodeReports
  readonly addressOf: (request: EndedRequest) => string
  readonly reference: SharedFiles
  /** By mount. */
  readonly links: { readonly console: SignInLinks; readonly portal: SignInLinks }
}

export interface Surfaces {
  /** Ends the streams that would otherwise go on for as long as the server. */
  endStreams(): void
}

export async function mountSurfaces({
  configuration,
  http,
  data,
  feed,
  monitored,
  nodeReports,
  addressOf,
  reference,
  links,
}: SurfaceOptions): Promise<Surfaces> {
  const { publicUrl, requestBodyLimit: bodyLimit } = configuration
  const { app, parts, onRequestEnd } = http
  const {
    store,
    realms,
    clock,
    cache,
    follower,
    pepper,
    audit,
    usage,
    usageCounts,
    applyChange,
    signingKeys,
    keyContext,
    keyRings,
    futureCuts,
    changeFeed,
    damage,
    refusals,
    reportWriter: writer,
  } = data
  onRequestEnd(noteOtherDenials(audit, addressOf))
  onRequestEnd(countOwnCalls(usageCounts))
  onRequestEnd(noteRefusedRequests({ refusals, addressOf, now: data.databaseClock.now }))
  const badTokens = createBadTokenLimit({ addressOf, now: data.databaseClock.now })
  onRequestEnd(badTokens.settle)
  const limited = (mount: (scope: FastifyInstance) => Promise<void> | void) => async (scope: FastifyInstance) => {
    badTokens.addTo(scope)
    await mount(scope)
  }
  mountProbes(app, monitored.readiness)
  await app.register((scope) => mountProblemPages(scope, publicUrl))
  if (configuration.apiReference) mountReference(app, reference)
  await app.register((scope) =>
    mountServerFrontPage(scope, {
      reference: configuration.apiReference,
      console: configuration.console !== undefined,
      portal: configuration.portal.enabled,
    }),
  )

  const sessions = createSessionEnds(idleTimes(configuration))
  const stepLimit = createStepLimit()
  const selfService = createSelfService({ realms, db: store.db, clock, pepper, usage, applyChange, stepLimit })
  const outbound = createOutboundRules(configuration.outboundRequests)
  const resolve = createNameResolver()
  const onFetchFailure = (url: string, { message }: Error) =>
    app.log.warn({ url, reason: message }, 'keys of a client could not be fetched')
  const readers = assertionReaders.map((create) => create({ store, fetchJson: createJsonFetcher(outbound, { resolve }), onFetchFailure }))
  const shared = {
    publicUrl,
    bodyLimit,
    clock,
    cache,
    changes: follower,
    futureCuts,
    pepper,
    audit,
    usage,
    usageCounts,
    organizations: monitored.organizations,
    assertionReaders: readers,
    addressOf,
  }
  const portalUrl = configuration.portal.enabled ? (configuration.portal.publicUrl ?? publicUrl) : undefined
  let atRoot: OAuthContext | undefined
  const reporting = { store, cache, clock, writer, usage: usageCounts, counters: refusals.counters, rate: createReportRate() }
  const guards: Guard[] = []
  const contexts = new Map<string, OAuthContext>()
  const streams: Pick<HintStreams, 'stop'>[] = []
  const guardsForAdmin: Guard[] = []
  let mountOfPages: { readonly guard: Guard; readonly mountOperations: MountOperations } | undefined
  for (const realm of realms.values()) {
    const keys = signingKeys.of(realm.name)
    const pathsAt = realm.addresses.map(({ path }) => realmPaths({ issuerPath: path, tokenProfile: realm.tokenProfile }))
    const guardOptions = { keys, cache, publicUrl, clock }
    const guard = createRealmGuard(realm, guardOptions)
    const protection = createAddressProtection(realm)
    const context: OAuthContext = { ...shared, realm, protection, countOutcome: monitored.tokenOutcomes.counterOf(realm.name) }
    contexts.set(realm.name, context)
    const mount = async (to: FastifyInstance) => {
      await to.register(async (scope) => {
        readFormsAsBytes(scope)
        mountTokenEndpoint(scope, context, keys)
        const inspectToken = createTokenInspector(guard, clock)
        mountIntrospectionEndpoint(
          scope,
          context,
          inspectToken,
          pathsAt.map(({ introspection }) => introspection),
        )
        mountRevocationEndpoint(
          scope,
          context,
          inspectToken,
          applyChange,
          pathsAt.map(({ revocation }) => revocation),
        )
      })
      mountDiscovery(to, realm, keys, publicUrl)
      await to.register((scope) => mountRealmFrontPages(scope, realm, publicUrl))
      const ofRealm = {
        ...context,
        portalUrl,
        changeFeed,
        db: store.tokenPool,
        backgroundPool: store.backgroundPool,
        onDamage: damage.raise,
      }
      await to.register((scope) => mountRealmApi(scope, ofRealm, guard, selfService))
      await to.register((scope) => mountChanges(scope, { realm, guard, cache, changeFeed, feed }))
      await to.register((scope) => mountDecisions(scope, { ...reporting, realm, guard }))
      // Tokens of operators open the admin API, and no other API.
      if (realm.name !== operatorsRealmName)
        await to.register((scope) => mountEvaluation(scope, { ...guardOptions, realm, guard, refusals }))
    }
    if (realm.name !== operatorsRealmName) {
      parts.add(placesOf(realm), limited(mount))
      guardsForAdmin.push(createRealmGuardForAdmin(realm, guardOptions))
    } else {
      parts.keep(placesOf(realm))
      await app.register(limited(mount))
      const operatorGuard = createOperatorGuard({ guard, realmGuards: guardsForAdmin, realms, cache })
      const admin = {
        realms,
        db: store.db,
        cache,
        pepper,
        signingKeys,
        keyContext,
        keyRings,
        usage,
        clock,
        applyChange,
        addressOf,
        outbound,
        portalUrl,
        sessions,
        health: { store, nodeReports, anchors: data.anchors },
      }
      const mountOperations = createOperations(admin)
      const byToken = ownGuard(operatorGuard, { realmOf: realmOfToken(realms) })
      await app.register(limited((scope) => mountOperations(scope, { prefix: '/admin/v1', via: 'api', guard: byToken, endpoint: 'admin' })))
      await app.register(limited((scope) => mountKeycloakShape(scope, byToken, admin)))
      mountOfPages = { guard, mountOperations }
    }
    if (realm.issuerPath === '') atRoot = context
    guards.push(guard)
  }
  if (mountOfPages) {
    // Now every realm has its context. One throttle for both, so that a guess at one counts at the other.
    const { console, portal } = configuration
    const ofPages = {
      ...data,
      ...mountOfPages,
      publicUrl,
      http,
      counters: monitored.pages,
      addressOf,
      contexts: withThrottle(contexts),
      outbound,
    }
    const add = (one: HintStreams) => {
      streams.push(one)
      sessions.onEnd(one.endOf)
    }
    if (console)
      await app.register(async (scope) => {
        add(await mountConsole(scope, { ...ofPages, settings: console, links: links.console, hasPortal: portal.enabled }))
      })
    if (portal.enabled) {
      const own = { db: store.db, backgroundPool: store.backgroundPool, stepLimit, resolve }
      await app.register(async (scope) => {
        add(await mountPortal(scope, { ...ofPages, ...own, settings: portal, links: links.portal }))
      })
    }
  }
  await app.register(
    limited((scope) =>
      mountRootMe(scope, createEveryRealmGuard(publicUrl, guards), selfService, atRoot, store, { realms, clock, portalUrl }),
    ),
  )
  return {
    endStreams() {
      feed.stop()
      for (const each of streams) each.stop()
    },
  }
}

/** Milliseconds. */
function idleTimes({ console, portal }: SurfaceOptions['configuration']): SessionEnds['idleMs'] {
  return { ...(console && { console: console.session.idle * 1000 }), ...(portal.enabled && { portal: portal.session.idle * 1000 }) }
}
