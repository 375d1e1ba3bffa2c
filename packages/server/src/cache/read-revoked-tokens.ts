// Reads the ids of revoked tokens, of several clients in one query. Expired ones may be among them, until maintenance deletes them.
import type { Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { createBatchReader } from './batch-reader.ts'
import type { ClientRecord } from './records.ts'

type Owner = Pick<ClientRecord, 'id' | 'organization'>

const maxPerQuery = 64

export function createRevokedTokenReader(db: Kysely<Schema>): (client: Owner) => Promise<readonly string[]> {
  const read = createBatchReader({ maxPerQuery, read: (clients: readonly Owner[]) => readRevokedTokens(db, clients) })
  return async (client) => (await read(client)) ?? []
}

/** A client without any has no entry. */
export async function readRevokedTokens<Client extends Owner>(
  db: Kysely<Schema>,
  clients: readonly Client[],
): Promise<ReadonlyMap<Client, readonly string[]>> {
  const organizations = [...new Set(clients.map(({ organization }) => organization.id))]
  const ids = clients.map(({ id }) => id)
  const rows = await db
    .selectFrom('revoked_tokens')
    .select(['token_id', 'organization_id', 'client'])
    .where('organization_id', 'in', organizations)
    // Rows of versions before 006 do not name the client: such a token is one of any client of the organization.
    .where((where) => where.or([where('client', 'in', ids), where('client', 'is', null)]))
    .execute()
  if (rows.length === 0) return new Map()
  return new Map(
    clients.map((owner) => {
      const own = rows.filter(
        ({ client, organization_id }) => client === owner.id || (!client && organization_id === owner.organization.id),
      )
      return [owner, own.map(({ token_id }) => token_id)]
    }),
  )
}
