// Which versions of the key rings each running node has (decisions/075), and the counts of secrets by version of the pepper.
import { sql, type Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function keyRingsOfNodes(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .createTable('node_key_rings')
    .addColumn('node', text, (column) => column.notNull())
    .addColumn('purpose', text, (column) => column.notNull())
    .addColumn('versions', text, (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('node_key_rings_key', ['node', 'purpose'])
    .execute()
  // Seals from before there was an audit key: what hangs on a version of the pepper.
  await sql`create index audit_seals_by_pepper on audit_seals (mac) where substr(mac, 1, 1) <> 'a'`.execute(db)
  await sql`create index credentials_digest_version on credentials (digest_version, client) where kind = 'client_secret'`.execute(db)
}
