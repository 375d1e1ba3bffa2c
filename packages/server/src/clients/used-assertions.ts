// Assertions are good for one request each, whichever node it reaches and whenever: a use is a row in the store, and is valid only if that
// row is new and durable. Uses of one moment share a statement.
import { createHash, randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { BoundedMap } from '../cache/bounded-map.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { isStoreUnavailable } from '../store/store-errors.ts'

export interface UsedAssertions {
  /** Whether this node knows that the assertion was used; if not, another one may. */
  isKnown(client: string, jti: string): boolean
  /**
   * False if the assertion was used before. Its identifier counts for this client only.
   * @param client the internal id
   * @param expiresAt when no node accepts it any more, in milliseconds since the epoch
   * @throws the error of a store that is unavailable, and then the assertion counts as used: the row may have been written
   */
  use(client: string, jti: string, expiresAt: number): Promise<boolean>
}

interface Use {
  readonly client: string
  readonly digest: string
  readonly used_by: string
  readonly expires_at: number
}

interface Waiting {
  readonly use: Use
  readonly settle: (isFirst: boolean) => void
  readonly fail: (error: unknown) => void
}

const maxRows = 50
/** Repetitions at this node are refused without a query: an outsider who repeats an assertion must not keep the store busy. */
const remembered = 20_000
/** A statement that took too long may have been committed. The row tells, and the client needs no other assertion. */
const maxAttempts = 3

export function createUsedAssertions({ tokenPool }: Pick<Store, 'tokenPool'>): UsedAssertions {
  const known = new BoundedMap<true>(remembered)
  const waiting: Waiting[] = []
  let isWriting = false

  async function writeAll(): Promise<void> {
    isWriting = true
    while (waiting.length > 0) await write(waiting.splice(0, maxRows))
    isWriting = false
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    try {
      const first = await insertRepeatedly(batch.map(({ use }) => use))
      for (const { settle, use } of batch) settle(first.has(use.used_by))
    } catch (error) {
      for (const { fail } of batch) fail(error)
    }
  }

  async function insertRepeatedly(uses: readonly Use[]): Promise<ReadonlySet<string>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await insert(tokenPool, uses)
      } catch (error) {
        if (attempt === maxAttempts || !isStoreUnavailable(error)) throw error
      }
    }
  }

  return {
    isKnown: (client, jti) => known.get(keyOf({ client, digest: digestOf(jti) })) !== undefined,
    async use(client, jti, expiresAt) {
      const use: Use = { client, digest: digestOf(jti), used_by: randomUUID(), expires_at: Math.ceil(expiresAt) }
      const key = keyOf(use)
      if (known.get(key)) return false
      known.set(key, true)
      return new Promise<boolean>((settle, fail) => {
        waiting.push({ use, settle, fail })
        if (!isWriting) void writeAll()
      })
    },
  }
}

/** Returns which of these uses are the first ones, by their `used_by`. Idempotent. */
async function insert(db: Kysely<Schema>, uses: readonly Use[]): Promise<ReadonlySet<string>> {
  // In one order on all nodes: two that wait for each other's rows would be a deadlock.
  const sorted = uses.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const inserted = await db
    .insertInto('used_assertions')
    .values(sorted)
    .onConflict((conflict) => conflict.doNothing())
    .returning('used_by')
    .execute()
  const first = new Set(inserted.map(({ used_by }) => used_by))
  const others = uses.filter(({ used_by }) => !first.has(used_by))
  if (others.length === 0) return first
  // Their rows exist; an attempt before may have written them.
  const own = await db
    .selectFrom('used_assertions')
    .select('used_by')
    .where('digest', 'in', oneOf(db, [...new Set(others.map(({ digest }) => digest))]))
    .where('client', 'in', oneOf(db, [...new Set(others.map(({ client }) => client))]))
    .execute()
  for (const { used_by } of own) first.add(used_by)
  return first
}

function digestOf(jti: string): string {
  return createHash('sha256').update(jti).digest('base64url')
}

/** Both parts have a fixed alphabet without the separator. */
function keyOf({ client, digest }: Pick<Use, 'client' | 'digest'>): string {
  return `${client} ${digest}`
}

/** Other writers wait for one statement at most. */
const deletedAtOnce = 5000
const deletedPerRun = 200_000
/** A clock that is set back accepts assertions again that had expired, so they are kept for longer. Milliseconds. */
const keptMs = 300_000

/** The oldest first, in small steps. */
export async function deleteExpiredAssertions(db: Kysely<Schema>, now: number): Promise<void> {
  for (let deleted = 0; deleted < deletedPerRun; deleted += deletedAtOnce) {
    const oldest = db
      .selectFrom('used_assertions')
      .select('expires_at')
      .where('expires_at', '<=', now - keptMs)
      .orderBy('expires_at')
      .limit(deletedAtOnce)
    const { numDeletedRows } = await db
      .deleteFrom('used_assertions')
      .where('expires_at', '<=', ({ selectFrom, fn }) => selectFrom(oldest.as('oldest')).select(fn.max('expires_at').as('last')))
      .executeTakeFirstOrThrow()
    if (numDeletedRows < deletedAtOnce) return
  }
}
