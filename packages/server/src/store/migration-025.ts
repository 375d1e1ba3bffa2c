// The identity provider of an organization, at which its people sign in to the portal. The same person of a provider that several organizations
// use is a person of each.
import { sql, type Kysely } from 'kysely'
import { columnTypes, isPostgres } from './dialects.ts'

export async function identityProviders(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('identity_providers')
    .addColumn('organization_id', text, (column) => column.primaryKey().references('organizations.id').onDelete('cascade'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('issuer', text, (column) => column.notNull())
    .addColumn('oidc_client_id', text, (column) => column.notNull())
    .addColumn('wrapped_secret', text, (column) => column.notNull())
    .addColumn('claim', text, (column) => column.notNull())
    .addColumn('requested_scopes', text, (column) => column.notNull())
    .addColumn('group_roles', text, (column) => column.notNull())
    .addColumn('everyone_role', text)
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute()
  if (isPostgres(db)) {
    await db.schema.alterTable('people').dropConstraint('people_subject').execute()
    await db.schema
      .alterTable('people')
      .addUniqueConstraint('people_subject', [...subjectOfPerson])
      .execute()
  } else await createPeopleAgain(db)
}

const subjectOfPerson = ['realm', 'organization_id', 'issuer', 'subject'] as const

/** SQLite cannot drop a constraint. With the table before, its dependents are deleted by their foreign keys, so they are kept aside. */
async function createPeopleAgain(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('people_again')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('organization_id', text, (column) => column.notNull().references('organizations.id').onDelete('cascade'))
    .addColumn('role', text)
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('address', text)
    .addColumn('issuer', text)
    .addColumn('subject', text)
    .addColumn('groups', text)
    .addColumn('not_before', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_signed_in_at', 'bigint')
    .addUniqueConstraint('people_subject', [...subjectOfPerson])
    .execute()
  await sql`insert into people_again select * from people`.execute(db)
  await sql`create table passkeys_aside as select * from passkeys`.execute(db)
  await sql`create table sessions_aside as select * from sessions where person is not null`.execute(db)
  await sql`create table invitations_aside as select id, person from invitations where person is not null`.execute(db)
  await db.schema.dropTable('people').execute()
  await db.schema.alterTable('people_again').renameTo('people').execute()
  await db.schema.createIndex('people_of_organization').on('people').columns(['organization_id', 'created_at']).execute()
  await sql`insert or ignore into passkeys select * from passkeys_aside`.execute(db)
  await sql`insert or ignore into sessions select * from sessions_aside`.execute(db)
  await sql`update invitations set person = (select person from invitations_aside where invitations_aside.id = invitations.id)
    where id in (select id from invitations_aside)`.execute(db)
  for (const aside of ['passkeys_aside', 'sessions_aside', 'invitations_aside']) await db.schema.dropTable(aside).execute()
}
