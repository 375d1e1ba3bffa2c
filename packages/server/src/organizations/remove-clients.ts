// How clients go, one or all of an organization. What belongs to them by a foreign key goes with their rows; this is the rest, which
// another client of the same id must not inherit.
import { sql } from 'kysely'
import type { Change } from '../change/apply-change.ts'

/** How long a deletion is remembered: by then every token of the client is older than a new client. Milliseconds. */
export const deletionsKeptMs = 60_000

/** @param whose the internal id of a client, or of the organization whose clients go */
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
  // Answers are kept under these names: rotation/self-service.ts gives the one, admin/mount-admin.ts the other.
  const names = [
    clients.select(sql<string>`realm || '/' || client_id`.as('actor')),
    clients.where('realm', '=', 'operators').select('client_id as actor'),
  ]
  for (const actor of names) await db.deleteFrom('idempotency_keys').where('actor', 'in', actor).execute()
  await db.deleteFrom('revoked_tokens').where('client', 'in', clients.select('id')).execute()
  await db.deleteFrom('clients').where(column, '=', id).execute()
}

/** When a client of this id was deleted, if that was a moment ago. Milliseconds since the epoch. */
export async function findDeletion({ db }: Pick<Change, 'db'>, realm: string, clientId: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('deleted_clients')
    .select('deleted_at')
    .where('realm', '=', realm)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  return row?.deleted_at
}
