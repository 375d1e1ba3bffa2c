// The former end of an old secret, for cancelling a rotation, and indexes for the secrets that are due.
import { sql, type Kysely } from 'kysely'

export async function rotation(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('client_secrets').addColumn('expires_at_before_rotation', 'bigint').execute()
  await sql`create index client_secrets_expiry on client_secrets (expires_at) where expires_at is not null`.execute(db)
  await sql`create index client_secrets_age on client_secrets (created_at) where reminded_at is null`.execute(db)
}
