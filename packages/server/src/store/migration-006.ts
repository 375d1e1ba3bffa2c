// Until when the tokens of a secret are valid, the client of a revoked token and when it was issued, and which client ids were deleted a
// moment ago.
import type { Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function endsOfTokens(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema.alterTable('client_secrets').addColumn('tokens_end_at', 'bigint').execute()
  // No foreign key: a server of the version before, which runs beside this one during an upgrade, deletes clients and not these rows.
  await db.schema.alterTable('revoked_tokens').addColumn('client', text).execute()
  await db.schema.alterTable('revoked_tokens').addColumn('issued_at', 'bigint').execute()
  await db.schema.createIndex('revoked_tokens_organization').on('revoked_tokens').columns(['organization_id', 'client']).execute()
  await db.schema
    .createTable('deleted_clients')
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('deleted_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('deleted_clients_key', ['realm', 'client_id'])
    .execute()
}
