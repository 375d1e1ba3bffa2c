// The authority of a client over the admin API: the realms that an operator is limited to, and the admin scopes of a client in its own
// realm. In the row of the client, so that whatever forgets or deletes the client does the same to its authority.
import { sql, type Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function operatorsOfRealms(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema.alterTable('clients').addColumn('operator_realms', text).execute()
  await db.schema.alterTable('clients').addColumn('operator_scopes', text).execute()
  // Every change to an organization asks whether it has such a client, and an organization may have 100,000 clients.
  await db.schema
    .createIndex('clients_operators')
    .on('clients')
    .column('organization_id')
    .where(sql.ref('operator_scopes'), 'is not', null)
    .execute()
  // No two operators of a realm share a subject, nor does an operator with another client.
  await db.schema
    .createIndex('clients_subject')
    .on('clients')
    .columns(['realm', 'subject'])
    .where(sql.ref('subject'), 'is not', null)
    .execute()
}
