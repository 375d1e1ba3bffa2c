// Searches the audit log, newest first. To keep the write of a token cheap there is no further index over its row, so a search that can
// find tokens walks the primary key, and stops after a number of events with a cursor. Everything else has indexes, and a request is a short
// range of the key.
import type { Kysely } from 'kysely'
import { idFrom, instantOf } from '../../node-ids.ts'
import type { Schema } from '../../store/schema.ts'
import { conditionsOf, findIndexes, indexOfCallers, type AuditFilter, type Condition } from './audit-filter.ts'
import { findRequest } from './find-request.ts'
import { boundsOfIndex, merge, usualBounds, walk, type FoundEvents, type Walk } from './walk.ts'

export interface AuditRange {
  /** Milliseconds since the epoch. */
  readonly from: number | undefined
  /** Milliseconds since the epoch, exclusive. */
  readonly to: number | undefined
  /** The id of an event; only older ones are returned. */
  readonly after: string | undefined
}

export async function searchAudit(
  db: Kysely<Schema>,
  filter: AuditFilter,
  { from, to, after }: AuditRange,
  limit: number,
  bounds = usualBounds,
): Promise<FoundEvents> {
  const newest = [to === undefined ? 'g' : idFrom(Math.max(0, to)), after ?? 'g'].toSorted()[0]!
  const search: Walk = { db, oldest: idFrom(Math.max(0, from ?? 0)), newest, limit, bounds }
  const { request } = filter
  const conditions = conditionsOf(filter)
  if (request !== undefined && Number.isFinite(instantOf(request)))
    return findRequest(search, { requestedAt: instantOf(request), isFirstPage: after === undefined, conditions })
  const indexes = findIndexes(db, filter)
  if (indexes) return searchIndexes(search, indexes, conditions)
  if (request !== undefined && from === undefined) return searchCallers(search, request, conditions)
  return walk(search, [], conditions)
}

async function searchIndexes(
  search: Walk,
  indexes: readonly (readonly Condition[])[],
  conditions: readonly Condition[],
): Promise<FoundEvents> {
  const ofIndex = { ...search, bounds: boundsOfIndex(search.bounds) }
  const walks: FoundEvents[] = []
  for (const among of indexes) walks.push(await walk(ofIndex, among, conditions))
  return merge(walks, search.limit)
}

/**
 * The id that a caller sent: changes and denials of any age; if there are none, tokens as far back as one search reads. In a range of time
 * that has a beginning, all of it is read.
 */
async function searchCallers(search: Walk, request: string, conditions: readonly Condition[]): Promise<FoundEvents> {
  const found = await searchIndexes(search, [indexOfCallers(request)], conditions)
  if (found.rows.length > 0 || found.next !== null) return found
  const { rows, next } = await walk(search, [], conditions)
  return { rows, next: rows.length < search.limit ? null : next }
}
