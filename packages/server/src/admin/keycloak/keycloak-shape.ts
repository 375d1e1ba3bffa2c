// The part of Keycloak's admin API by which tools rotate client secrets, with our rules behind it (decisions/020): no secret is
// shown twice, a new secret never ends the old one, and the old one is not ended while it is in use.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { usesSecret } from '../../clients/authentication-methods.ts'
import type { z } from 'zod'
import type { Requirement } from '@countersign/guard'
import { problemContentType, type ProblemDocument } from '@countersign/protocol'
import { countersignGuard, type CountersignGuardOptions } from '@countersign/guard/fastify'
import { forbidStorage } from '../../api/no-store.ts'
import { readOptionalJson } from '../../api/optional-body.ts'
import { checkParts } from '../../api/check-parts.ts'
import { getRealm } from '../handler-types.ts'
import type { AdminOptions } from '../mount-admin.ts'
import { accessOf } from '../operator-guard.ts'
import { operatorsRealmName } from '../../realms/operators-realm.ts'
import { checkAuthority, permitRealm, readAuthority } from '../../operators/operator-authority.ts'
import { protectOperators, refuseReduced } from '../../operators/protect-operators.ts'
import { actorOf } from '../../api/actor-of.ts'
import type { Realm } from '../../realms/realm.ts'
import { readClient } from '../../cache/read-clients.ts'
import type { ClientRecord } from '../../cache/records.ts'
import { keycloakPath, withErrorMessage } from '../../http/keycloak-paths.ts'
import { ProblemError } from '../../errors.ts'
import type { Actor, Change } from '../../change/apply-change.ts'
import { confirmRotation, startRotation } from '../../rotation/rotation-steps.ts'
import { readStanding } from '../../rotation/rotation-rules.ts'
import { listClients, listQuery } from './list-clients.ts'

interface Params {
  readonly realm: string
  readonly id: string
}

/** @param guard the one of the admin API */
export async function mountKeycloakShape(app: FastifyInstance, guard: CountersignGuardOptions, options: AdminOptions): Promise<void> {
  await app.register(countersignGuard, guard)
  const { db, realms, clock, applyChange, addressOf, usage } = options
  const base = `${keycloakPath}/:realm/clients`
  const reads = routeConfig({ scope: 'clients:read', dpa: 'any' })
  const writes = routeConfig({ scope: 'secrets:write', dpa: 'any' })

  forbidStorage(app)
  readOptionalJson(app)
  app.addHook<{ Params: Partial<Params> }>('preHandler', async (request) => {
    if (!request.is404) permitRealm(accessOf(request).operator, request.params.realm)
  })
  app.addHook('onSend', (_request, reply, payload, done) => done(null, isProblem(reply, payload) ? addErrorMessage(payload) : payload))

  const list = async ({ params, query }: FastifyRequest<{ Params: Params }>, reply: FastifyReply) => {
    const realm = getRealm(realms, params.realm)
    const checked = checkParts({ query: [listQuery, query] })['query'] as z.output<typeof listQuery>
    const json = await listClients(db, realm.name, checked, (client) => representClient(client, clock()))
    return reply.type('application/json').send(json)
  }
  app.get(base, reads, list)
  app.get(`${base}/`, reads, list) // as Keycloak's own client asks

  app.get<{ Params: Params }>(`${base}/:id`, reads, async ({ params }) => representClient((await find(params)).client, clock()))

  app.get<{ Params: Params }>(`${base}/:id/client-secret`, reads, async ({ params }) => {
    const { current } = readStanding((await find(params)).client.secrets, clock())
    if (!current) throw new ProblemError('not-found', { detail: 'The client has no secret.', remedy: 'Generate one.' })
    return { type: 'secret', createdDate: current.createdAt }
  })

  app.post<{ Params: Params }>(`${base}/:id/client-secret`, writes, async (request) => {
    const { clientSecret } = await change(request, 'rotation.start', (change, realm, clientId) =>
      startRotation(change, options, realm, clientId, { by: 'operator' }),
    )
    return { type: 'secret', value: clientSecret }
  })

  app.get<{ Params: Params }>(`${base}/:id/client-secret/rotated`, reads, async ({ params }) => {
    const standing = readStanding((await find(params)).client.secrets, clock())
    if (standing.state === 'stable') throw new ProblemError('not-found', { detail: 'The client has no rotated secret.' })
    const { createdAt, expiresAt } = standing.old
    return { type: 'secret', createdDate: createdAt, expiresAt: new Date(expiresAt ?? 0).toISOString() }
  })

  app.delete<{ Params: Params }>(`${base}/:id/client-secret/rotated`, writes, async (request, reply) => {
    await change(request, 'rotation.confirm', (change, realm, clientId) => confirmRotation(change, options, realm, clientId, {}))
    return reply.code(204).send()
  })

  /** @throws ProblemError `not-found` */
  async function find({ realm: name, id }: Params): Promise<{ realm: Realm; client: ClientRecord }> {
    const realm = getRealm(realms, name)
    const row = await db.selectFrom('clients').select('client_id').where('realm', '=', name).where('id', '=', id).executeTakeFirst()
    const client = row && (await readClient(db, name, row.client_id))
    if (!client)
      throw new ProblemError('not-found', {
        detail: `The realm "${name}" has no client with this internal id.`,
        remedy: `Find it by its client id: GET /admin/realms/${name}/clients?clientId=…`,
      })
    return { realm, client }
  }

  async function change<Answer>(
    request: FastifyRequest<{ Params: Params }>,
    kind: 'rotation.start' | 'rotation.confirm',
    step: (change: Change, realm: Realm, clientId: string) => Promise<Answer>,
  ): Promise<Answer> {
    const { realm, client } = await find(request.params)
    const access = accessOf(request)
    const attempt = { params: { realm: realm.name, client: client.clientId } }
    protectOperators(kind, attempt, access)
    await usage.flushProofs()
    const actor: Actor = { ...actorOf(request, access.operator.realm, addressOf), kind: 'operator' }
    return applyChange(actor, kind, async (change) => {
      const authority = await readAuthority(change, access)
      if (realm.name === operatorsRealmName) refuseReduced(authority)
      await checkAuthority(change, authority, attempt, { scope: 'secrets:write' })
      return step(change, realm, client.clientId)
    })
  }
}

/** The guard answers a denied request itself, in the form of its own. */
function isProblem(reply: FastifyReply, payload: unknown): payload is string {
  return reply.statusCode >= 400 && String(reply.getHeader('content-type')).startsWith(problemContentType) && typeof payload === 'string'
}

function addErrorMessage(json: string): string {
  return JSON.stringify(withErrorMessage(JSON.parse(json) as ProblemDocument))
}

function routeConfig(requires: Requirement) {
  return { config: { requires, endpoint: { kind: 'admin' as const } } }
}

function representClient(client: ClientRecord, now: number) {
  const standing = readStanding(client.secrets, now)
  const seconds = (at: number) => String(Math.floor(at / 1000))
  return {
    id: client.id,
    clientId: client.clientId,
    name: client.name,
    enabled: client.enabled,
    protocol: 'openid-connect',
    clientAuthenticatorType: usesSecret(client.authenticationMethods) ? 'client-secret' : 'client-jwt',
    publicClient: false,
    standardFlowEnabled: false,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: client.serviceAccountEnabled,
    defaultClientScopes: client.defaultScopes ?? client.scopes,
    optionalClientScopes: client.defaultScopes ? client.scopes.filter((scope) => !client.defaultScopes?.includes(scope)) : [],
    attributes: {
      ...(standing.current && { 'client.secret.creation.time': seconds(standing.current.createdAt) }),
      ...(standing.state !== 'stable' && {
        'client.secret.rotated.creation.time': seconds(standing.old.createdAt),
        'client.secret.rotated.expiration.time': seconds(standing.old.expiresAt ?? 0),
      }),
    },
  }
}
