// How far the clock of each running node differs from that of the database, as each node has measured it. Its rows also tell which nodes
// run, whatever their version.
import { sql, type Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/** A node that is running has written within this time. Milliseconds. */
export const isRunningMs = 20_000

export const databaseNow = sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint`
const silence = sql<number>`abs(measured_at - ${databaseNow})`

/** Milliseconds since the epoch. PostgreSQL only. @throws any error of the store */
export async function readDatabaseClock(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ now: number }>`select ${databaseNow} as now`.execute(db)
  return rows[0]!.now
}

/** Tells the others, and returns what they have measured. PostgreSQL only. @throws any error of the store */
export async function exchangeClocks(db: Kysely<Schema>, node: string, difference: number): Promise<readonly number[]> {
  await db
    .insertInto('node_clocks')
    .values({ node, difference, measured_at: databaseNow })
    .onConflict((conflict) => conflict.column('node').doUpdateSet({ difference, measured_at: databaseNow }))
    .execute()
  await db.deleteFrom('node_clocks').where(silence, '>', isRunningMs).execute()
  const others = await db.selectFrom('node_clocks').select('difference').where('node', '!=', node).execute()
  return others.map((row) => row.difference)
}

/** For a node that stops: the others need not wait until it counts as gone. PostgreSQL only. */
export async function forgetNode(db: Kysely<Schema>, node: string): Promise<void> {
  await db.deleteFrom('node_clocks').where('node', '=', node).execute()
  await db.deleteFrom('node_key_rings').where('node', '=', node).execute()
  await db.deleteFrom('node_reports').where('node', '=', node).execute()
}
