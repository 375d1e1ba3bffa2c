// What each running node says of itself, so that one of them can show all. PostgreSQL only: another store has one node.
import { sql, type Kysely } from 'kysely'
import { databaseNow, isRunningMs } from './node-clocks.ts'
import type { Schema } from './schema.ts'

export interface NodeIdentity {
  readonly node: string
  /** Name of the machine. */
  readonly host: string
  /** Of the server. */
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

export interface StoredReport {
  readonly node: string
  /** Undefined for a node of an earlier version, of which only its clock is known. */
  readonly said: (Omit<NodeIdentity, 'node'> & { readonly report: string }) | undefined
  readonly seenAt: number
  /** By the database's clock. */
  readonly silentMs: number
  /** By how much the database's clock is ahead of its own; undefined if that is not known. */
  readonly clockDifferenceMs: number | undefined
}

/** A node that ended without a word is shown for so long. Milliseconds. */
const shownMs = 15 * 60_000
const maxNodes = 200

/** @throws any error of the store */
export async function writeNodeReport(db: Kysely<Schema>, { node, host, version, startedAt }: NodeIdentity, report: string): Promise<void> {
  const row = { node, host, version, started_at: startedAt, seen_at: databaseNow, report }
  await db
    .insertInto('node_reports')
    .values(row)
    .onConflict((conflict) => conflict.column('node').doUpdateSet({ report, seen_at: databaseNow }))
    .execute()
  await db
    .deleteFrom('node_reports')
    .where(sql<boolean>`abs(seen_at - ${databaseNow}) > ${sql.lit(shownMs)}`)
    .execute()
}

/** All nodes that are known, also those that are silent. @throws any error of the store */
export async function readNodeReports(db: Kysely<Schema>): Promise<StoredReport[]> {
  const silence = (at: string) => sql<number>`abs(${sql.ref(at)} - ${databaseNow})`
  const clocks = await db
    .selectFrom('node_clocks')
    .selectAll()
    .select(silence('measured_at').as('silence'))
    .where(silence('measured_at'), '<=', isRunningMs)
    .execute()
  const reports = await db
    .selectFrom('node_reports')
    .selectAll()
    .select(silence('seen_at').as('silence'))
    .where(silence('seen_at'), '<=', shownMs)
    .orderBy('seen_at', 'desc')
    .limit(maxNodes)
    .execute()
  const differences = new Map(clocks.map(({ node, difference }) => [node, difference]))
  const told = reports.map(({ node, host, version, started_at: startedAt, seen_at: seenAt, silence: silentMs, report }): StoredReport => {
    return {
      node,
      said: { host, version, startedAt, report },
      seenAt,
      silentMs: Number(silentMs),
      clockDifferenceMs: differences.get(node),
    }
  })
  const names = new Set(told.map(({ node }) => node))
  const untold = clocks
    .filter(({ node }) => !names.has(node))
    .map(({ node, measured_at: seenAt, silence: silentMs, difference }): StoredReport => {
      return { node, said: undefined, seenAt, silentMs: Number(silentMs), clockDifferenceMs: difference }
    })
  return [...told, ...untold]
}
