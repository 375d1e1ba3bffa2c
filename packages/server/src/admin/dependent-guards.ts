// The APIs whose guards use clients of an organization: they stop hearing of changes when it is suspended.
import { sql, type Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { maxListed } from '@countersign/protocol'
import { toInstantOrNull } from '../api/instants.ts'
import { guardScopes } from '../realms/built-in-scope.ts'
import type { Schema } from '../store/schema.ts'

type Guards = OperationOutput<'organizations.impact'>['guards']

/** By API, those that reported last first. */
export async function readDependentGuards(db: Kysely<Schema>, realm: string, id: string): Promise<Guards> {
  const rows = await db
    .selectFrom('clients')
    .leftJoin('reporting_guards as process', (join) =>
      join.onRef('process.realm', '=', 'clients.realm').onRef('process.reporter', '=', 'clients.client_id'),
    )
    .select(['clients.client_id', 'process.api'])
    .select(({ fn }) => [fn.count('process.guard').as('processes'), fn.max('process.seen_at').as('seen_at')])
    .where('clients.realm', '=', realm)
    .where('clients.organization_id', '=', id)
    .where('clients.enabled', '=', 1)
    .where('clients.service_account_enabled', '=', 1)
    .where(({ or, eb }) =>
      or([eb('process.guard', 'is not', null), ...guardScopes.map((scope) => eb('clients.scopes', 'like', `%${JSON.stringify(scope)}%`))]),
    )
    .groupBy(['clients.client_id', 'process.api'])
    .orderBy(sql`coalesce(max(process.seen_at), 0)`, 'desc')
    .orderBy('clients.client_id')
    .limit(maxListed)
    .execute()
  return rows.map(({ client_id: client, api, processes, seen_at: seenAt }) => ({
    client,
    api,
    processes: Number(processes),
    lastSeenAt: toInstantOrNull(seenAt),
  }))
}
