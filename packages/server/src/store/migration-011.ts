// The change log names the client of a revoked token, so that a change forgets one client and not its organization. And indexes by which
// clients of one organization, organizations of one partner and those of a realm are read in order, however many there are.
import { sql, type Kysely } from 'kysely'
import { columnTypes, isPostgres } from './dialects.ts'

export async function clientOfChange(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema.alterTable('changes').addColumn('client_id', text).execute()
  // From now on "rights" leaves out the clients. Versions before 010 write no word whatever they change; on PostgreSQL they may still run.
  await sql`update changes set what = 'any' where what = 'rights'`.execute(db)
  if (isPostgres(db)) await sql`alter table changes alter column what set default 'any'`.execute(db)

  await db.schema.createIndex('clients_of_organization').on('clients').columns(['organization_id', 'client_id']).execute()
  await db.schema.createIndex('clients_of_organization_created').on('clients').columns(['organization_id', 'created_at', 'id']).execute()
  await db.schema.dropIndex('clients_organization').execute()
  const ofPartner = db.schema.createIndex('organizations_of_partner').on('partner_authorizations')
  await ofPartner.columns(['partner_id', 'organization_id']).execute()
  await db.schema.dropIndex('partner_authorizations_partner').execute()
  await db.schema.createIndex('organizations_name').on('organizations').columns(['realm', 'name', 'id']).execute()
  await db.schema.createIndex('organizations_created').on('organizations').columns(['realm', 'created_at', 'id']).execute()
}
