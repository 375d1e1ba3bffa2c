// What a new session at PostgreSQL finds: the database, its settings and the rights of the user.
import type { ClientBase } from 'pg'

export interface PostgresFacts {
  /** As in `server_version_num`: 150018 is 15.18. */
  readonly version: number
  readonly serverVersion: string
  readonly encoding: string
  readonly clientEncoding: string
  readonly fsync: string | null
  readonly synchronousCommit: string
  readonly isolation: string
  readonly readOnly: string
  readonly searchPath: string
  readonly user: string
  /** The first existing schema of the search path. */
  readonly schema: string | null
  /** The time limits of the session. */
  readonly limits: string
  readonly mayCreate: boolean | null
  /** Other schemas that contain a store. */
  readonly otherStores: readonly string[]
  readonly hasStore: boolean
  readonly hasTables: boolean
  /** Tables of the store that this user may not read and write; events and seals of the audit log are only added. */
  readonly closedTables: readonly string[]
  /** Tables of the store that a crash empties. */
  readonly unloggedTables: readonly string[]
  /** Functions that this user may not call. */
  readonly closedFunctions: readonly string[]
  /** The least of the limits of the server, the database and the user. */
  readonly connections: number
}

const functions = [
  'pg_catalog.pg_advisory_xact_lock(bigint)',
  'pg_catalog.pg_try_advisory_lock(bigint)',
  'pg_catalog.pg_advisory_unlock(bigint)',
  'pg_catalog.pg_notify(text, text)',
  'pg_catalog.pg_is_in_recovery()',
  'pg_catalog.pg_notification_queue_usage()',
  'pg_catalog.json_array_elements_text(json)',
]

/** Names of functions are checked against the server's own: an old server may lack one. */
export async function readPostgresFacts(client: ClientBase): Promise<PostgresFacts> {
  const { rows } = await client.query<PostgresFacts>(statement, [functions])
  return rows[0]!
}

const statement = `
with ours as (
  select c.oid, c.relname, c.relpersistence from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = current_schema() and c.relkind in ('r', 'p')
), stores as (
  select n.nspname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relname = 'kysely_migration'
)
select
  current_setting('server_version_num')::int as version,
  current_setting('server_version') as "serverVersion",
  current_setting('server_encoding') as encoding,
  current_setting('client_encoding') as "clientEncoding",
  current_setting('fsync', true) as fsync,
  current_setting('synchronous_commit') as "synchronousCommit",
  current_setting('default_transaction_isolation') as isolation,
  current_setting('default_transaction_read_only') as "readOnly",
  current_setting('search_path') as "searchPath",
  current_user::text as "user",
  current_schema()::text as schema,
  concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),
    current_setting('idle_in_transaction_session_timeout')) as limits,
  has_schema_privilege(current_schema()::text, 'CREATE') as "mayCreate",
  array(select nspname::text from stores where nspname is distinct from current_schema()) as "otherStores",
  exists (select 1 from stores where nspname = current_schema()) as "hasStore",
  exists (select 1 from ours) as "hasTables",
  array(select relname::text from ours where not (
    has_table_privilege(oid, 'SELECT') and has_table_privilege(oid, 'INSERT')
    and (relname in ('audit_events', 'audit_seals')
      or has_table_privilege(oid, 'UPDATE') and has_table_privilege(oid, 'DELETE')))) as "closedTables",
  array(select relname::text from ours where relpersistence = 'u') as "unloggedTables",
  array(select name from unnest($1::text[]) as name
    where to_regprocedure(name) is null or not has_function_privilege(to_regprocedure(name), 'EXECUTE')) as "closedFunctions",
  least(
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
    (select nullif(datconnlimit, -1) from pg_catalog.pg_database where datname = current_database()),
    (select nullif(rolconnlimit, -1) from pg_catalog.pg_roles where rolname = current_user)
  ) as connections`
