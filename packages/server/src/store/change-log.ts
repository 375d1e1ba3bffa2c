// The change log, as the servers of one store write and read it: what was committed after the last change that they know of, and whether
// that one is in the history of this database at all.
import { randomUUID } from 'node:crypto'
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely'
import { isPostgres } from './dialects.ts'
import type { Schema } from './schema.ts'

/** The last change of a history. Two changes with the same number are the same only if their identities are. */
export interface HistoryPlace {
  readonly number: number
  /** Null if there is no such row. */
  readonly identity: string | null
}

export interface Cursor extends HistoryPlace {
  /** The system identifier of the database and its timeline, which every promotion changes; null if they cannot be read. */
  readonly database: string | null
}

/**
 * What a change is about: what an organization may do (not its clients), one of its clients, one of its tokens, the signing keys of a
 * realm, its claim sets, or its partners where no organization has them.
 */
export type Changed = 'rights' | 'client' | 'token' | 'keys' | 'claims' | 'partners'

/** No guard decides by them. */
export const unknownToGuards: ReadonlySet<string> = new Set<Changed>(['claims', 'partners'])

/** A row of the change log. */
export interface LoggedChange {
  readonly realm: string
  /** Null for all of the realm. */
  readonly organizationId: string | null
  /** Other versions of the server may write other values; they stand for the whole organization or realm. */
  readonly what: Changed | (string & {})
  /** The client id or the token id, where one client or one token changed; the id of a signing key that must not be used any more. */
  readonly subject: string | null
  /** The client that changed, or whose token did; null for the whole organization. */
  readonly clientId: string | null
}

/** A change at its place in the history. */
export type PlacedChange = LoggedChange & HistoryPlace

export interface ChangesSince {
  readonly cursor: Cursor
  /** Milliseconds since the epoch by the clock of the database, if it has its own. */
  readonly databaseNow: number | undefined
  /** Whether the database lacks the last change that the caller knows: the cached state may never have existed in it. */
  readonly isOtherHistory: boolean
  /** All changes after the cursor; undefined if some were deleted or if there are too many to apply one by one. */
  readonly changes: readonly PlacedChange[] | undefined
}

export interface ReadOptions {
  /** The last change that the caller has applied; undefined if there is none. */
  readonly cursor: Cursor | undefined
  /** Whether the query must also commit: an old primary without its standby can still read. */
  readonly commits: boolean
  readonly tellsDatabase: boolean
}

const maxChanges = 1000

/**
 * Identifies a database server, and distinguishes it from a standby that was promoted. A backup restored into it has the same
 * identity.
 */
export const databaseIdentity = sql<
  string | null
>`(select system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) from pg_control_system())`

/** Writes to the write-ahead log and nowhere else: its commit waits for disk and standby like any other, and leaves no row. */
const emptyCommit = sql<string | null>`(select pg_logical_emit_message(true, 'countersign', '')::text)`

/**
 * One statement, hence one snapshot, from the change at the cursor on: numbers have no gaps, so missing ones were deleted.
 * @throws any error of the store, also if the commit is not confirmed
 */
export async function readChangesSince(db: Kysely<Schema>, { cursor, commits, tellsDatabase }: ReadOptions): Promise<ChangesSince> {
  const nothing = sql<null>`null`
  const now = isPostgres(db) ? sql<number | null>`floor(extract(epoch from clock_timestamp()) * 1000)::bigint` : nothing
  const rows = await db
    .selectFrom('epoch')
    .leftJoin('changes as last', 'last.number', 'epoch.value')
    .leftJoin('changes', (join) => join.on('changes.number', '>=', cursor?.number ?? Number.MAX_SAFE_INTEGER))
    .select(['epoch.value', 'last.identity as last_identity', 'changes.number', 'changes.identity', 'changes.realm'])
    .select([
      'changes.organization_id',
      'changes.what',
      'changes.subject',
      'changes.client_id',
      now.as('now'),
      (tellsDatabase ? databaseIdentity : nothing).as('database'),
    ])
    .$if(commits && isPostgres(db), (query) => query.select(emptyCommit.as('commit')))
    .orderBy('changes.number')
    .limit(maxChanges + 1)
    .execute()
  const [first] = rows
  if (!first) throw new TypeError('The table "epoch" is empty')
  const place = { number: first.value, identity: first.last_identity, database: first.database }
  const known = cursor && first.number === cursor.number ? first.identity : undefined
  const isOtherHistory = cursor !== undefined && isOther(cursor, place, known)
  const isComplete = cursor !== undefined && known !== undefined && rows.length - 1 === place.number - cursor.number
  const changes = rows.slice(1).map(toPlacedChange)
  return {
    cursor: place,
    databaseNow: first.now ?? undefined,
    isOtherHistory,
    changes: isComplete && !isOtherHistory ? changes : undefined,
  }
}

/** The latest changes, oldest first and without a gap, up to a place that the caller has read. */
export async function readLatestChanges(db: Kysely<Schema>, { number: last }: HistoryPlace, limit: number): Promise<PlacedChange[]> {
  const rows = await db
    .selectFrom('changes')
    .select(['number', 'identity', 'realm', 'organization_id', 'what', 'subject', 'client_id'])
    .where('number', '<=', last)
    .orderBy('number', 'desc')
    .limit(limit)
    .execute()
  const gap = rows.findIndex(({ number }, index) => number !== last - index)
  return rows
    .slice(0, gap < 0 ? rows.length : gap)
    .toReversed()
    .map(toPlacedChange)
}

type ChangeRow = { readonly [Column in Exclude<keyof Schema['changes'], 'at'>]: Selectable<Schema['changes']>[Column] | null }

/** Rows of a left join, where each column may be null. */
function toPlacedChange({ number, identity, realm, organization_id: organizationId, what, subject, client_id }: ChangeRow): PlacedChange {
  const clientId = client_id ?? (what === 'client' ? subject : null)
  return { number: number ?? 0, identity, realm: realm ?? '', organizationId, what: what ?? 'any', subject, clientId }
}

/** @param known the identity of the change at the cursor in this database; undefined if the row is missing */
function isOther(cursor: Cursor, place: Cursor, known: string | null | undefined): boolean {
  if (place.database !== cursor.database || place.number < cursor.number) return true
  if (known === undefined) return place.number === cursor.number
  return known === null || known !== cursor.identity
}

/**
 * Numbers the changes in the order of the commits and without a gap: the row of the epoch stays locked until the commit. The last
 * of them is the place of all, so a node that has read up to it has read all of them.
 */
export async function logChanges(db: Transaction<Schema>, changes: readonly LoggedChange[], at: number): Promise<PlacedChange[]> {
  if (changes.length === 0) return []
  const { value } = await db
    .updateTable('epoch')
    .set((set) => ({ value: set('value', '+', changes.length) }))
    .returning('value')
    .executeTakeFirstOrThrow()
  const first = value - changes.length + 1
  const placed = changes.map((change, index) => ({ ...change, number: first + index, identity: randomUUID() }))
  const rows = placed.map(({ number, identity, realm, organizationId, what, subject, clientId }) => ({
    number,
    realm,
    organization_id: organizationId,
    at,
    identity,
    what,
    subject,
    client_id: clientId,
  }))
  await db.insertInto('changes').values(rows).execute()
  return placed
}
