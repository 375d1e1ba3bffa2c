// The API that a realm offers to its clients and to the guards of its APIs, behind our own guard: GET /v1/me for every token,
// entitlement documents for clients with the scope. GET /v1/me at the root of the server serves all realms.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hash } from 'node:crypto'
import { meRequirement, type Entitlement, type Guard, type Requirement } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'
import { logFailure } from '../http/answer-error.ts'
import { ProblemError } from '../errors.ts'
import type { Endpoint } from '../http/endpoints.ts'
import type { ClientsOfRealm, SelfService } from './self-service.ts'

const mayReadEntitlements: Requirement = { scope: 'entitlements:read', dpa: 'any' }

export async function mountRealmApi(app: FastifyInstance, context: ClientsOfRealm, guard: Guard, selfService: SelfService): Promise<void> {
  const { realm, cache } = context
  await app.register(countersignGuard, { guard, onUndecided: logFailure })
  const readsEntitlements = { config: { requires: mayReadEntitlements, endpoint: { kind: 'entitlement' as const, realm: realm.name } } }
  const base = `${realm.issuerPath}/v1`
  const serialize = createSerializer()

  if (realm.issuerPath !== '') {
    const endpoint = { kind: 'me' as const, realm: realm.name }
    serveMe(app, `${base}/me`, guard, endpoint)
    await app.register(async (scope) => selfService.serve(scope, `${base}/me`, endpoint, context))
  }

  app.get<{ Params: { organizationId: string } }>(
    `${base}/organizations/:organizationId/entitlement`,
    readsEntitlements,
    async (request, reply) => {
      const organization = await cache.loadOrganization(realm.name, request.params.organizationId)
      return sendEntitlement(request, reply, organization && cache.getEntitlement(organization))
    },
  )

  // Tokens of the Cognito profile have no organization, only their client.
  app.get<{ Params: { clientId: string } }>(`${base}/clients/:clientId/entitlement`, readsEntitlements, async (request, reply) =>
    sendEntitlement(request, reply, await cache.findEntitlement(realm.name, request.params.clientId)),
  )

  function sendEntitlement(request: FastifyRequest, reply: FastifyReply, entitlement: Entitlement | undefined): FastifyReply {
    if (!entitlement) throw new ProblemError('not-found', { detail: 'There is no such organization or client in this realm.' })
    const { json, etag } = serialize(entitlement)
    reply.header('etag', etag).header('cache-control', 'private, no-cache')
    if (isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).send()
    return reply.header('content-type', 'application/json').send(json)
  }
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
): Promise<void> {
  await app.register(countersignGuard, { guard, onUndecided: logFailure })
  serveMe(app, '/v1/me', guard, { kind: 'me' })
  await app.register(async (scope) => selfService.serve(scope, '/v1/me', { kind: 'me' }, atRoot))
}

function serveMe(app: FastifyInstance, path: string, guard: Guard, endpoint: Endpoint): void {
  app.get(path, { config: { requires: meRequirement, endpoint } }, (request, reply) =>
    reply.header('cache-control', 'no-store').send(guard.me(request.access)),
  )
}

/** RFC 9110 §13.1.2: matches any ETag of the list, by weak comparison. */
function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch === '*' || ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag)
}

interface SerializedEntitlement {
  readonly json: string
  readonly etag: string
}

/** An entitlement is immutable, so its document is serialized once. */
function createSerializer(): (entitlement: Entitlement) => SerializedEntitlement {
  const serialized = new WeakMap<Entitlement, SerializedEntitlement>()
  return (entitlement) => {
    let known = serialized.get(entitlement)
    if (!known) {
      const json = JSON.stringify(entitlement.document)
      known = { json, etag: `"${hash('sha256', json, 'base64url').slice(0, 22)}"` }
      serialized.set(entitlement, known)
    }
    return known
  }
}
