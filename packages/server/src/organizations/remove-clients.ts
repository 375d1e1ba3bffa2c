// Deletes one client, or all that belongs to an organization, in parts. Dependents go by ON DELETE CASCADE; this file deletes the remaining rows, which a
// later client with the same id must not inherit.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Change } from '../change/apply-change.ts'

/** How long a deletion is recorded: afterwards every token of the deleted client is older than a new client. Milliseconds. */
export const deletionsKeptMs = 60_000

/** Rows per statement: SQLite works on a statement without answering other requests, and an organization may have 100,000 clients. */
const maxInStatement = 500

export async function removeClient(change: Change, { id, organization_id }: { readonly id: string; readonly organization_id: string }) {
  await removeSome(change, organization_id, [id])
}

/** Deletes all clients of an organization, its partner authorizations and its requestors. */
export async function removeDependents(change: Change, organizationId: string): Promise<void> {
  const { db } = change
  for (;;) {
    const clients = await db
      .selectFrom('clients')
      .select('id')
      .where('organization_id', '=', organizationId)
      .limit(maxInStatement)
      .execute()
    if (clients.length === 0) break
    await removeSome(
      change,
      organizationId,
      clients.map(({ id }) => id),
    )
    await nextTurn()
  }
  for (const [table, column] of [
    ['partner_authorizations', 'partner_id'],
    ['requestors', 'id'],
  ] as const) {
    const of = sql`${sql.table(table)} where organization_id = ${organizationId}`
    const some = sql`select ${sql.ref(column)} from ${of} limit ${sql.lit(maxInStatement)}`
    for (let deleted = 1n; deleted > 0n; await nextTurn()) {
      const { numAffectedRows = 0n } = await sql`delete from ${of} and ${sql.ref(column)} in (${some})`.execute(db)
      deleted = numAffectedRows
    }
  }
}

async function removeSome({ db, now }: Change, organizationId: string, ids: readonly string[]): Promise<void> {
  const clients = db.selectFrom('clients').where('id', 'in', ids)
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
  await db.deleteFrom('revoked_tokens').where('organization_id', '=', organizationId).where('client', 'in', ids).execute()
  await db.deleteFrom('clients').where('id', 'in', ids).execute()
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
