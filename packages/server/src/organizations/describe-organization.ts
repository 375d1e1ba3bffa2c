// Describes an organization for the admin API.
import type { Kysely, Selectable } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toCutInstant, toInstant } from '../api/instants.ts'
import type { Cache } from '../cache/cache.ts'
import { readOrganization } from '../cache/read-organization.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { noSuchOrganization } from './lock-organization.ts'

/** @throws ProblemError `not-found` */
export async function describeOrganization(
  db: Kysely<Schema>,
  cache: Cache,
  realm: Realm,
  id: string,
): Promise<OperationOutput<'organizations.get'>> {
  const organization = await readOrganization(db, id)
  if (!organization) throw noSuchOrganization(realm, id)
  const { capabilities, partners, requestors, dpa, clients } = cache.getEntitlement(organization).document
  const { slug, name, status, tokensNotBefore, version, createdAt, updatedAt } = organization
  return {
    id,
    realm: realm.name,
    slug,
    name,
    status,
    tokensNotBefore: toCutInstant(tokensNotBefore),
    version,
    createdAt: toInstant(createdAt),
    updatedAt: toInstant(updatedAt),
    capabilities: { ...capabilities },
    partners: [...partners],
    requestors: requestors.map(({ id, permissions }) => ({ id, permissions: [...permissions] })),
    dpa,
    clients: clients.map(({ clientId }) => clientId),
  }
}

export function summarizeOrganization(row: Selectable<Schema['organizations']>): OperationOutput<'organizations.list'>['items'][number] {
  const { id, realm, slug, name, status, version, created_at, updated_at } = row
  const tokensNotBefore = toCutInstant(row.tokens_not_before)
  return { id, realm, slug, name, status, tokensNotBefore, version, createdAt: toInstant(created_at), updatedAt: toInstant(updated_at) }
}
