// How organizations stand, for the items of a list: what they have accepted, and what their clients did of late. An organization may have
// 100,000 clients, so what would be read of each of them is left out for the large ones, and for operators that may not read clients.
import { sql, type Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { maxListed } from '@countersign/protocol'
import { toInstantOrNull } from '../api/instants.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { readDpaStatuses } from './acceptances.ts'
import { lastKeptUse } from './client-standing.ts'
import { readRefusedCounts, type RefusedCounts } from './refused-counts.ts'

type OrganizationStanding = NonNullable<OperationOutput<'organizations.list'>['items'][number]['standing']>

/**
 * @param required the version of the agreement that the realm requires now
 * @param scopes of the operator
 */
export async function describeOrganizationStandings(
  db: Kysely<Schema>,
  {
    realm,
    required,
    scopes,
    now,
  }: { readonly realm: string; readonly required: string | null; readonly scopes: Scopes; readonly now: number },
  ids: readonly string[],
): Promise<(id: string) => OrganizationStanding> {
  const statusOf = await readDpaStatuses(db, required, ids)
  const activities = await readActivities(db, realm, ids, scopes, now)
  return (id) => {
    const { status, accepted } = statusOf(id)
    const { clients, lastUsedAt, refused } = activities(id)
    return {
      dpa: status,
      acceptedVersion: accepted?.version ?? null,
      acceptedAt: toInstantOrNull(accepted?.acceptedAt ?? null),
      clients,
      lastUsedAt: toInstantOrNull(lastUsedAt),
      refused,
    }
  }
}

type Scopes = ReadonlySet<string>

interface Activity {
  readonly clients: number
  /** Null if nothing is read of each client, too. */
  readonly lastUsedAt: number | null
  /** Null if nothing is read of each client. */
  readonly refused: RefusedCounts | null
}

export async function readActivities(
  db: Kysely<Schema>,
  realm: string,
  ids: readonly string[],
  scopes: Scopes,
  now: number,
): Promise<(id: string) => Activity> {
  const clients = await countClients(db, ids)
  const small = scopes.has('clients:read') ? ids.filter((id) => (clients.get(id) ?? 0) <= maxListed) : []
  const lastUsed = await readLastUses(db, small)
  const refusedOf = await readRefusedCounts(db, realm, 'organization_id', small, now)
  const isSmall = new Set(small)
  return (id) => ({
    clients: clients.get(id) ?? 0,
    lastUsedAt: lastUsed.get(id) ?? null,
    refused: isSmall.has(id) ? refusedOf(id) : null,
  })
}

/** By the index clients_of_organization alone. */
async function countClients(db: Kysely<Schema>, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('clients')
    .select(({ fn }) => ['organization_id', fn.countAll<number>().as('count')])
    .where('organization_id', 'in', oneOf(db, ids))
    .groupBy('organization_id')
    .execute()
  return new Map(rows.map(({ organization_id: id, count }) => [id, Number(count)]))
}

/** By the indexes clients_of_organization and credentials_client, and credential_uses_of_client for those that have ended. */
async function readLastUses(db: Kysely<Schema>, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('clients')
    .leftJoin('credentials', 'credentials.client', 'clients.id')
    .select(({ fn }) => ['clients.organization_id', fn.max('credentials.last_used_at').as('used_at')])
    .select(sql<number | null>`max(${lastKeptUse})`.as('kept_at'))
    .where('clients.organization_id', 'in', oneOf(db, ids))
    .groupBy('clients.organization_id')
    .execute()
  return new Map(
    rows.flatMap(({ organization_id: id, used_at: usedAt, kept_at: keptAt }) => {
      const lastAt = Math.max(usedAt ?? 0, keptAt ?? 0)
      return lastAt === 0 ? [] : [[id, lastAt] as const]
    }),
  )
}
