// Which versions of each key ring the running nodes have, as each of them says. PostgreSQL only.
import { sql, type Kysely } from 'kysely'
import { databaseNow, isRunningMs } from './node-clocks.ts'
import type { Schema } from './schema.ts'

/** The check value of each version, by version. */
type Checks = ReadonlyMap<number, string>

export interface NodeKeyRing {
  readonly node: string
  /** Undefined for a node that does not say: one of an older version, or one that has just started. */
  readonly versions: Checks | undefined
}

/** Tells the others. @throws any error of the store */
export async function announceKeyRings(db: Kysely<Schema>, node: string, rings: ReadonlyMap<string, Checks>): Promise<void> {
  const rows = [...rings].map(([purpose, versions]) => ({
    node,
    purpose,
    versions: JSON.stringify(Object.fromEntries(versions)),
    seen_at: databaseNow,
  }))
  if (rows.length === 0) return
  await db
    .insertInto('node_key_rings')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['node', 'purpose']).doUpdateSet((set) => ({ versions: set.ref('excluded.versions'), seen_at: databaseNow })),
    )
    .execute()
}

/** The ring of every node that runs. @throws any error of the store */
export async function readNodeKeyRings(db: Kysely<Schema>, purpose: string): Promise<NodeKeyRing[]> {
  const isRecent = (at: string) => sql<boolean>`abs(${sql.ref(at)} - ${databaseNow}) <= ${sql.lit(isRunningMs)}`
  const running = await db.selectFrom('node_clocks').select('node').where(isRecent('measured_at')).execute()
  const told = await db.selectFrom('node_key_rings').select(['node', 'purpose', 'versions']).where(isRecent('seen_at')).execute()
  const rings = new Map(told.filter((row) => row.purpose === purpose).map(({ node, versions }) => [node, parseChecks(versions)]))
  const nodes = new Set([...running, ...told].map(({ node }) => node))
  return [...nodes].toSorted().map((node) => ({ node, versions: rings.get(node) }))
}

/** Deletes the rows of nodes that have not said anything for long. */
export async function forgetSilentKeyRings(db: Kysely<Schema>): Promise<void> {
  await db
    .deleteFrom('node_key_rings')
    .where(sql<boolean>`abs(seen_at - ${databaseNow}) > ${sql.lit(10 * isRunningMs)}`)
    .execute()
}

function parseChecks(json: string): Checks {
  return new Map(Object.entries(JSON.parse(json) as Record<string, string>).map(([version, check]) => [Number(version), check]))
}
