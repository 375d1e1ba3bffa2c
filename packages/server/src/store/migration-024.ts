// People: those who sign in to the portal by a passkey, and operators who sign in at their company. With them invitations, the texts of
// agreements, and what integrators ask for. A session is of a client or of a person; those that ran at the upgrade have to sign in again.
// Also what each node says of itself, and the version of each guard.
import { sql, type Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function people(db: Kysely<unknown>): Promise<void> {
  const { text, bytes } = columnTypes(db)
  await createPeople(db)
  await db.schema
    .createTable('passkeys')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('person', text, (column) => column.notNull().references('people.id').onDelete('cascade'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('public_key', bytes, (column) => column.notNull())
    .addColumn('counter', 'bigint', (column) => column.notNull())
    .addColumn('transports', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .execute()
  await db.schema.createIndex('passkeys_of_person').on('passkeys').column('person').execute()
  await db.schema
    .createTable('spent_challenges')
    .addColumn('digest', text, (column) => column.primaryKey())
    .addColumn('ends_at', 'bigint', (column) => column.notNull())
    .execute()
  await createInvitations(db)
  await createSessions(db)
  await createAccessRequests(db)
  await addAgreementTexts(db)
  await createNodeReports(db)
  await db.schema.alterTable('reporting_guards').addColumn('version', text).execute()
}

async function createPeople(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('people')
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
    .addUniqueConstraint('people_subject', ['realm', 'issuer', 'subject'])
    .execute()
  await db.schema.createIndex('people_of_organization').on('people').columns(['organization_id', 'created_at']).execute()
}

async function createInvitations(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('invitations')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('digest', text, (column) => column.notNull().unique())
    .addColumn('organization_id', text, (column) => column.notNull().references('organizations.id').onDelete('cascade'))
    .addColumn('role', text, (column) => column.notNull())
    .addColumn('invited_by', text, (column) => column.notNull())
    .addColumn('inviter', text)
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('ends_at', 'bigint', (column) => column.notNull())
    .addColumn('accepted_at', 'bigint')
    .addColumn('withdrawn_at', 'bigint')
    .addColumn('person', text, (column) => column.references('people.id').onDelete('set null'))
    .execute()
  await db.schema.createIndex('invitations_of_organization').on('invitations').columns(['organization_id', 'created_at']).execute()
}

/** Anew: SQLite cannot take `not null` from a column. The version before goes on inserting sessions of clients. */
async function createSessions(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema.dropTable('sessions').execute()
  await db.schema
    .createTable('sessions')
    .addColumn('digest', text, (column) => column.primaryKey())
    .addColumn('id', text, (column) => column.notNull().unique())
    .addColumn('mount', text, (column) => column.notNull())
    .addColumn('client', text, (column) => column.references('clients.id').onDelete('cascade'))
    .addColumn('credential', text)
    .addColumn('person', text, (column) => column.references('people.id').onDelete('cascade'))
    .addColumn('idp_session', text)
    .addColumn('signed_in_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('confirmed_at', 'bigint', (column) => column.notNull())
    .addColumn('ends_at', 'bigint', (column) => column.notNull())
    .addColumn('address', text, (column) => column.notNull())
    .addColumn('user_agent', text, (column) => column.notNull())
    .addCheckConstraint('sessions_of_one', sql`(client is null) <> (person is null) and (client is null) = (credential is null)`)
    .execute()
  await db.schema.createIndex('sessions_of_client').on('sessions').columns(['client', 'signed_in_at']).execute()
  await db.schema.createIndex('sessions_of_person').on('sessions').columns(['person', 'signed_in_at']).execute()
  await db.schema.createIndex('sessions_ends').on('sessions').column('ends_at').execute()
}

async function createAccessRequests(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('access_requests')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('organization_id', text, (column) => column.notNull().references('organizations.id').onDelete('cascade'))
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('what', text, (column) => column.notNull())
    .addColumn('client_id', text)
    .addColumn('note', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('asked_by', text, (column) => column.notNull())
    .addColumn('asked_at', 'bigint', (column) => column.notNull())
    .addColumn('answer', text)
    .addColumn('answered_at', 'bigint')
    .execute()
  await db.schema.createIndex('access_requests_of_organization').on('access_requests').columns(['organization_id', 'asked_at']).execute()
  await db.schema.createIndex('access_requests_asked').on('access_requests').columns(['asked_at', 'id']).execute()
  await sql`create index access_requests_open on access_requests (asked_at) where state = 'open'`.execute(db)
}

async function addAgreementTexts(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('dpa_texts')
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('version', text, (column) => column.notNull())
    .addColumn('text', text, (column) => column.notNull())
    .addColumn('digest', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('dpa_texts_key', ['realm', 'version'])
    .execute()
  await db.schema.alterTable('dpa_acceptances').addColumn('text_digest', text).execute()
  await db.schema.alterTable('dpa_acceptances').addColumn('person', text).execute()
}

async function createNodeReports(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('node_reports')
    .addColumn('node', text, (column) => column.primaryKey())
    .addColumn('host', text, (column) => column.notNull())
    .addColumn('version', text, (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('report', text, (column) => column.notNull())
    .execute()
}
