// Who started the rotation that created a secret. Null for first secrets and for those of earlier versions, which count as the
// operator's: a client must not cancel a rotation that may have been started for it.
import { sql, type Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

export async function rotationOrigin(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema
    .alterTable('client_secrets')
    .addColumn('started_by', text, (column) => column.check(sql`started_by in ('client', 'operator')`))
    .execute()
}
