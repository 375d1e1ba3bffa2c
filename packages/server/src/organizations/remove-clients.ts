// Deletes one client or all clients of an organization. Dependents go by ON DELETE CASCADE; this file deletes the remaining rows, which a
// later client with the same id must not inherit.
import { sql } from 'kysely'
import type { Change } from '../change/apply-change.ts'

/** How long a deletion is recorded: afterwards every token of the deleted client is older than a new client. Milliseconds. */
export const deletionsKeptMs = 60_000

/** @param whose the internal id of a client, or of the organization whose clients are deleted */
export async function removeClients(
  { db, now }: Change,
  whose: { readonly client: string } | { readonly organization: string },
): Promise<void> {
  const [column, id] = 'client' in whose ? (['id', whose.client] as const) : (['organization_id', whose.organization] as const)
  const clients = db.selectFrom('clients').where(column, '=', id)
  await db
    .insertInto('deleted_clients')
    .columns(['realm', 'client_id', 'deleted_at'])
    .expression(clients.select(['realm', 'client_id', sql<number>`cast(${now} as bigint)`.as('deleted_at')]))
    .onConflict((conflict) => conflict.columns(['realm', 'client_id']).doUpdateSet({ deleted_at: now }))
    .execute()
  // Responses are stored under these names by me/change-own-secret.ts and admin/mount-admin.ts.
  const names = [
    clients.select(sql<string>`realm || '/' || id`.as('actor')),
    clients.where('realm', '=', 'operators').select('client_id as actor'),
  ]
  for (const actor of names) await db.deleteFrom('idempotency_keys').where('actor', 'in', actor).execute()
  await db.deleteFrom('revoked_tokens').where('client', 'in', clients.select('id')).execute()
  await db.deleteFrom('clients').where(column, '=', id).execute()
}

/** When a client with this id was last deleted, if the deletion is still recorded. Milliseconds since the epoch. */
export async function findDeletion({ db }: Pick<Change, 'db'>, realm: string, clientId: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('deleted_clients')
    .select('deleted_at')
    .where('realm', '=', realm)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  return row?.deleted_at
}
