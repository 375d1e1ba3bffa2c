// What cancelling a rotation must know, and what finds the few secrets that the clock concerns among all.
import { sql, type Kysely } from 'kysely'

export async function rotation(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('client_secrets').addColumn('expires_at_before_rotation', 'bigint').execute()
  await sql`create index client_secrets_expiry on client_secrets (expires_at) where expires_at is not null`.execute(db)
  await sql`create index client_secrets_age on client_secrets (created_at) where reminded_at is null`.execute(db)
}
