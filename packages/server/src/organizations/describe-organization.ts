// Describes an organization for the admin API.
import type { Kysely, Selectable } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { maxListed } from '@countersign/protocol'
import { toCutInstant, toInstant } from '../api/instants.ts'
import type { Cache } from '../cache/cache.ts'
import { organizationRights } from '../cache/entitlement-document.ts'
import { countRows, readOrganization } from '../cache/read-organization.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { noSuchOrganization } from './lock-organization.ts'

/** @throws ProblemError `not-found` */
export async function describeOrganization(
  db: Kysely<Schema>,
  cache: Pick<Cache, 'requiredDpaVersion'>,
  realm: Realm,
  id: string,
): Promise<OperationOutput<'organizations.get'>> {
  const record = await readOrganization(db, id)
  if (!record) throw noSuchOrganization(realm, id)
  const { capabilities, dpa, partners, requestors } = organizationRights(realm, record, cache.requiredDpaVersion(realm.name))
  const { slug, name, status, tokensNotBefore, version, createdAt, updatedAt } = record
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
    partners: { total: partners.total, ...(partners.list && { list: [...partners.list] }) },
    requestors: {
      total: requestors.total,
      ...(requestors.list && { list: requestors.list.map(({ id, permissions }) => ({ id, permissions: [...permissions] })) }),
    },
    dpa,
    clients: await readClientIds(db, id),
  }
}

async function readClientIds(db: Kysely<Schema>, id: string): Promise<OperationOutput<'organizations.get'>['clients']> {
  const rows = await db
    .selectFrom('clients')
    .select('client_id')
    .where('organization_id', '=', id)
    .orderBy('client_id')
    .limit(maxListed + 1)
    .execute()
  if (rows.length > maxListed) return { total: await countRows(db, 'clients', id) }
  return { total: rows.length, list: rows.map(({ client_id }) => client_id) }
}

export function summarizeOrganization(row: Selectable<Schema['organizations']>): OperationOutput<'organizations.list'>['items'][number] {
  const { id, realm, slug, name, status, version, created_at, updated_at } = row
  const tokensNotBefore = toCutInstant(row.tokens_not_before)
  return { id, realm, slug, name, status, tokensNotBefore, version, createdAt: toInstant(created_at), updatedAt: toInstant(updated_at) }
}
