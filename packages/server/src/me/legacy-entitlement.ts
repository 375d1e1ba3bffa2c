// The entitlement document of version 0.1.0: a whole organization with all its clients, read from the store for each request. Guards of that
// version ask for it every few seconds. An organization that is too large for it is refused: a part of it would be a wrong answer.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { ClientRights, OrganizationRights, Partner, Requestor } from '@countersign/protocol'
import type { Cache } from '../cache/cache.ts'
import { clientRights, organizationRights } from '../cache/entitlement-document.ts'
import { readClients } from '../cache/read-clients.ts'
import { findOrganizationId, readAllPartners, readAllRequestors, readOrganization } from '../cache/read-organization.ts'
import { readRevokedTokens } from '../cache/read-revoked-tokens.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import { DamagedRowError, type OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { mayReadEntitlements } from '../api/entitlement-readers.ts'

/** As that version reads it. */
interface LegacyEntitlement {
  readonly organization: Pick<OrganizationRights, 'id' | 'slug' | 'name' | 'status'>
  readonly clients: readonly Omit<ClientRights, 'revokedTokenIds'>[]
  readonly partners: readonly Partner[]
  readonly capabilities: OrganizationRights['capabilities']
  readonly dpa: OrganizationRights['dpa']
  readonly requestors: readonly Requestor[]
  readonly rateLimit: OrganizationRights['rateLimit']
  readonly revocations: { readonly tokensNotBefore: number; readonly tokenIds: readonly string[] }
}

export interface LegacyContext {
  readonly realm: Realm
  readonly cache: Pick<Cache, 'trustStore' | 'requiredDpaVersion'>
  readonly db: Kysely<Schema>
  readonly onDamage: OnDamage
}

/** Of clients, of partners and of requestors each. */
const maxOfEach = 500

/** @param app has the guard of the realm */
export function mountLegacyEntitlement(app: FastifyInstance, context: LegacyContext): void {
  const { realm, cache, db } = context
  const route = { config: { requires: mayReadEntitlements, endpoint: { kind: 'entitlement' as const, realm: realm.name } } }

  for (const [path, findId] of [
    [':organization', (key: string) => findOrganizationId(db, realm.name, key)],
    [':client', (key: string) => findOrganizationOfClient(db, realm.name, key)],
  ] as const) {
    const kind = path === ':organization' ? 'organizations' : 'clients'
    const answer = async (request: FastifyRequest<{ Params: Record<string, string> }>, reply: FastifyReply) => {
      await cache.trustStore()
      const id = await findId(request.params[path.slice(1)] ?? '')
      const document = id === undefined ? undefined : await readDocument(context, id)
      if (!document) throw new ProblemError('not-found', { detail: 'There is no such organization or client in this realm.' })
      const json = JSON.stringify(document)
      const etag = `"${hash('sha256', json, 'base64url').slice(0, 22)}"`
      reply.header('etag', etag).header('cache-control', 'private, no-cache')
      if (isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).send()
      return reply.header('content-type', 'application/json').send(json)
    }
    for (const address of realm.addresses) app.get(`${address.path}/v1/${kind}/${path}/entitlement`, route, answer)
  }
}

async function readDocument({ realm, cache, db, onDamage }: LegacyContext, id: string): Promise<LegacyEntitlement | undefined> {
  const record = await readOrganization(db, id, onDamage)
  if (!record) return undefined
  if (record.damage) throw new DamagedRowError(record.damage)
  const ids = await db
    .selectFrom('clients')
    .select('client_id')
    .where('organization_id', '=', id)
    .orderBy('client_id')
    .limit(maxOfEach + 1)
    .execute()
  const tooMany = { clients: ids.length, partners: record.partners.total, requestors: record.requestors.total }
  for (const [what, count] of Object.entries(tooMany)) if (count > maxOfEach) throw tooLarge(what)

  const { tokensNotBefore, capabilities, dpa, rateLimit, slug, name, status } = organizationRights(
    realm,
    record,
    cache.requiredDpaVersion(realm.name),
  )
  const clients = await readClients(
    db,
    realm.name,
    ids.map(({ client_id }) => client_id),
    onDamage,
  )
  const revoked = await readRevokedTokens(db, [...clients.values()])
  return {
    organization: { id, slug, name, status },
    clients: [...clients.values()].map((client) => {
      const { revokedTokenIds: _, ...rights } = clientRights(realm, client, [])
      return rights
    }),
    partners: record.partners.list ?? (await readAllPartners(db, id)),
    capabilities,
    dpa,
    requestors: record.requestors.list ?? (await readAllRequestors(db, id, onDamage)),
    rateLimit,
    revocations: { tokensNotBefore, tokenIds: [...new Set([...revoked.values()].flat())] },
  }
}

/** RFC 9110 §13.1.2: matches any ETag of the list, by weak comparison. */
function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch === '*' || ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag)
}

function tooLarge(what: string): ProblemError {
  return new ProblemError('guard-outdated', {
    detail: `The organization has more than ${maxOfEach} ${what}, which the guards of version 0.1.0 cannot hold.`,
  })
}

async function findOrganizationOfClient(db: Kysely<Schema>, realm: string, clientId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('clients')
    .select('organization_id')
    .where('realm', '=', realm)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  return row?.organization_id
}
