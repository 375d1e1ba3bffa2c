// The role of an owner among the operators. Until now every scope made an owner, so those who have every scope get the role.
import { sql, type Kysely } from 'kysely'
import { columnTypes } from './dialects.ts'

/** All that there were until then. */
const everyScope = ['organizations:read', 'organizations:write', 'clients:read', 'clients:write', 'secrets:write', 'audit:read']

export async function owners(db: Kysely<unknown>): Promise<void> {
  const { text } = columnTypes(db)
  await db.schema.alterTable('clients').addColumn('role', text).execute()
  const { rows } = await sql<{ id: string; scopes: string }>`select id, scopes from clients where realm = 'operators'`.execute(db)
  for (const { id, scopes } of rows)
    if (everyScope.every((scope) => readScopes(scopes).includes(scope)))
      await sql`update clients set role = 'owner' where id = ${id}`.execute(db)
}

/** A damaged row has no scopes: it opens nothing until it is repaired, and setting its scopes decides the role anew. */
function readScopes(json: string): unknown[] {
  try {
    const scopes: unknown = JSON.parse(json)
    return Array.isArray(scopes) ? scopes : []
  } catch {
    return []
  }
}
