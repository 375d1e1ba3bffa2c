// Schema for rotation, several nodes, the operators' API and a tamper-evident audit log.
import { sql, type Kysely } from 'kysely'
import { columnTypes, isPostgres } from './dialects.ts'

export async function lifeOfAClient(db: Kysely<unknown>): Promise<void> {
  await addColumns(db)
  await createChangeLog(db)
  await createDpaVersions(db)
  await createIdempotencyKeys(db)
  await rebuildAuditEvents(db)
  await giveOperatorsTheNewScopes(db)
}

async function addColumns(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .alterTable('organizations')
    .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
    .execute()
  await db.schema
    .alterTable('clients')
    .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
    .execute()
  await db.schema
    .alterTable('clients')
    .addColumn('authentication_methods', text, (column) => column.notNull().defaultTo('["client_secret_basic","client_secret_post"]'))
    .execute()
  await db.schema
    .alterTable('clients')
    .addColumn('tokens_not_before', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute()
  // Authorizations are looked up by partner, too.
  await db.schema.createIndex('partner_authorizations_partner').on('partner_authorizations').column('partner_id').execute()
  // Lists of clients by age: without it, every page sorts all clients of a realm.
  await db.schema.createIndex('clients_created').on('clients').columns(['realm', 'created_at', 'id']).execute()
  for (const column of ['first_used_at', 'last_used_at', 'reminded_at'] as const)
    await db.schema.alterTable('client_secrets').addColumn(column, 'bigint').execute()
}

/**
 * Numbered by the one row of `epoch`, which a change keeps locked until it is committed: no gaps, and no change is committed
 * after one with a higher number.
 */
async function createChangeLog(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('epoch')
    .addColumn('id', 'integer', (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('value', 'bigint', (column) => column.notNull())
    .execute()
  await sql`insert into epoch (id, value) values (1, 0)`.execute(db)
  await db.schema
    .createTable('changes')
    .addColumn('number', 'bigint', (column) => column.primaryKey())
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('organization_id', text)
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
}

async function createDpaVersions(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('dpa_versions')
    .addColumn('realm', text, (column) => column.notNull())
    .addColumn('version', text, (column) => column.notNull())
    .addColumn('required_from', 'bigint', (column) => column.notNull())
    .addColumn('description', text, (column) => column.notNull())
    .addColumn('published_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('dpa_versions_key', ['realm', 'version'])
    .execute()
}

async function createIdempotencyKeys(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('actor', text, (column) => column.notNull())
    .addColumn('key', text, (column) => column.notNull())
    .addColumn('request_digest', text, (column) => column.notNull())
    .addColumn('answer', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('idempotency_keys_key', ['actor', 'key'])
    .execute()
}

/**
 * The id of an event is its instant, its node and its number on that node, in hexadecimal digits of fixed width: it sorts by
 * time, no two nodes generate the same, and an event that is sent twice is stored once.
 */
async function rebuildAuditEvents(db: Kysely<unknown>): Promise<void> {
  await sql`alter table audit_events rename to audit_events_001`.execute(db)
  const postgres = isPostgres(db)
  const { text } = columnTypes(db)
  const type = postgres ? text : sql`text`
  await sql`create table audit_events (
    id ${type} not null primary key,
    at bigint not null,
    kind ${type} not null,
    outcome ${type} not null,
    reason ${type},
    realm ${type},
    organization_id ${type},
    client_id ${type},
    address ${type},
    request_id ${type},
    detail ${type} not null,
    mac ${type} not null
  ) ${postgres ? sql`` : sql`without rowid`}`.execute(db)
  const id = postgres
    ? sql`lpad(to_hex(at), 12, '0') || '-00000000-' || lpad(to_hex(sequence), 8, '0')`
    : sql`printf('%012x-00000000-%08x', at, sequence)`
  await sql`insert into audit_events (id, at, kind, outcome, reason, realm, organization_id, client_id, address, request_id, detail, mac)
    select ${id}, at, kind, outcome, reason, realm, organization_id, client_id, address, request_id, detail, '' from audit_events_001`.execute(
    db,
  )
  await sql`drop table audit_events_001`.execute(db)
  await db.schema
    .createTable('audit_seals')
    .addColumn('node', text, (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('sealed_at', 'bigint', (column) => column.notNull())
    .addColumn('last_event', 'bigint', (column) => column.notNull())
    .addColumn('skipped', text, (column) => column.notNull())
    .addColumn('mac', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('audit_seals_key', ['node', 'number'])
    .execute()
}

/** Operators that had every scope get the new ones; no other client gains a scope. */
async function giveOperatorsTheNewScopes(db: Kysely<unknown>): Promise<void> {
  const before = JSON.stringify(['organizations:read', 'organizations:write', 'clients:read', 'clients:write'])
  const now = JSON.stringify([...(JSON.parse(before) as string[]), 'secrets:write', 'audit:read'])
  await sql`update clients set scopes = ${now} where realm = 'operators' and scopes = ${before}`.execute(db)
}
