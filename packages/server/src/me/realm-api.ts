// The API that a realm offers to its clients and to the guards of its APIs, behind our own guard: GET /v1/me for every token, documents
// about entitlements for clients with the scope. GET /v1/me at the root of the server serves all realms.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { meRequirement, type Guard } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'
import { ownGuard, realmNames, realmOfToken } from '../api/own-guard.ts'
import type { Clock } from '../clock.ts'
import type { Endpoint } from '../http/endpoints.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import type { Realm } from '../realms/realm.ts'
import { mountGuardDocuments, type GuardDocumentsContext } from './guard-documents.ts'
import { mountLegacyEntitlement, type LegacyContext } from './legacy-entitlement.ts'
import { mountOwnRefusals, type UrlsOfServer } from './own-refusals.ts'
import { mountOwnPartners } from './own-partners.ts'
import { mountOwnUsage } from './own-usage.ts'
import type { ClientsOfRealm, SelfService } from './self-service.ts'

type RealmApiContext = ClientsOfRealm &
  GuardDocumentsContext &
  LegacyContext &
  Pick<UrlsOfServer, 'portalUrl'> & { readonly backgroundPool: Kysely<Schema>; readonly clock: Clock }

export async function mountRealmApi(app: FastifyInstance, context: RealmApiContext, guard: Guard, selfService: SelfService): Promise<void> {
  const { realm, db, clock, publicUrl, portalUrl, backgroundPool } = context
  await app.register(countersignGuard, ownGuard(guard))

  const endpoint = { kind: 'me' as const, realm: realm.name }
  for (const { path, url } of realm.addresses) {
    if (path === '') continue // mountRootMe()
    const mePath = `${path}/v1/me`
    serveMe(app, mePath, guard, endpoint, url)
    await app.register(async (scope) => mountOwnPartners(scope, db, mePath, endpoint))
    const own = { db: backgroundPool, clock, urls: { publicUrl, portalUrl }, mePath, endpoint, realmOf: () => realm }
    await app.register(async (scope) => mountOwnRefusals(scope, own))
    await app.register(async (scope) => mountOwnUsage(scope, own))
    await app.register(async (scope) => selfService.serve(scope, mePath, endpoint, context))
  }
  await app.register(async (scope) => mountGuardDocuments(scope, context))
  mountLegacyEntitlement(app, context)
}

/**
 * @param guard accepts the tokens of every realm
 * @param atRoot the realm whose issuer is the root of the server, if there is one
 */
export async function mountRootMe(
  app: FastifyInstance,
  guard: Guard,
  selfService: SelfService,
  atRoot: ClientsOfRealm | undefined,
  { tokenPool: db, backgroundPool }: Pick<Store, 'tokenPool' | 'backgroundPool'>,
  { realms, clock, portalUrl }: Pick<UrlsOfServer, 'portalUrl'> & { readonly realms: ReadonlyMap<string, Realm>; readonly clock: Clock },
): Promise<void> {
  const realmOfIssuer = realmNames(realms)
  await app.register(countersignGuard, ownGuard(guard, { realmOf: realmOfToken(realms) }))
  serveMe(app, '/v1/me', guard, { kind: 'me' })
  await app.register(async (scope) => mountOwnPartners(scope, db, '/v1/me', { kind: 'me' }))
  // The guard accepts only tokens of these realms.
  const realmOf = ({ access }: FastifyRequest) => realms.get(realmOfIssuer(access.token.issuer)!)!
  const urls = { publicUrl: guard.publicUrl, portalUrl }
  const own = { db: backgroundPool, clock, urls, mePath: '/v1/me', endpoint: { kind: 'me' as const }, realmOf }
  await app.register(async (scope) => mountOwnRefusals(scope, own))
  await app.register(async (scope) => mountOwnUsage(scope, own))
  await app.register(async (scope) => selfService.serve(scope, '/v1/me', { kind: 'me' }, atRoot))
}

/** @param base the URL of the address that the path is at; without it, links begin with the issuer of the token */
function serveMe(app: FastifyInstance, path: string, guard: Guard, endpoint: Endpoint, base?: string): void {
  app.get(path, { config: { requires: meRequirement, endpoint } }, (request, reply) => {
    const me = guard.me(request.access)
    const links = base !== undefined && me.partnersUrl !== undefined ? { partnersUrl: `${base}/v1/me/partners` } : {}
    return reply.header('cache-control', 'no-store').send({ ...me, ...links })
  })
}
