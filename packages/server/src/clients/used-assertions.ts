// Assertions are good for one request each, whichever node it reaches and whenever: a use is a row in the store, and is valid only if that
// row is new and durable. Uses of one moment share a statement.
import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import { BoundedMap } from '../cache/bounded-map.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

export interface UsedAssertions {
  /**
   * False if the assertion was used before. Its identifier counts for this client only.
   * @param client the internal id
   * @param expiresAt when no node accepts it any more, in milliseconds since the epoch
   * @throws any error of the store, and then the assertion counts as used: the row may have been written
   */
  use(client: string, jti: string, expiresAt: number): Promise<boolean>
}

interface Use {
  readonly client: string
  readonly digest: string
  readonly expires_at: number
}

interface Waiting extends Use {
  readonly settle: (isFirst: boolean) => void
  readonly fail: (error: unknown) => void
}

const maxRows = 50
/** Repetitions at this node are refused without a query: an outsider who repeats an assertion must not keep the store busy. */
const remembered = 20_000

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
      const inserted = await insert(batch)
      for (const { settle, ...use } of batch) settle(inserted.has(keyOf(use)))
    } catch (error) {
      for (const { fail } of batch) fail(error)
    }
  }

  async function insert(batch: readonly Use[]): Promise<ReadonlySet<string>> {
    const rows = await tokenPool
      .insertInto('used_assertions')
      // In one order on all nodes: two that wait for each other's rows would be a deadlock.
      .values(
        batch.map(({ client, digest, expires_at }) => ({ client, digest, expires_at })).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
      )
      .onConflict((conflict) => conflict.doNothing())
      .returning(['client', 'digest'])
      .execute()
    return new Set(rows.map(keyOf))
  }

  return {
    async use(client, jti, expiresAt) {
      const use: Use = { client, digest: createHash('sha256').update(jti).digest('base64url'), expires_at: Math.ceil(expiresAt) }
      const key = keyOf(use)
      if (known.get(key)) return false
      known.set(key, true)
      return new Promise<boolean>((settle, fail) => {
        waiting.push({ ...use, settle, fail })
        if (!isWriting) void writeAll()
      })
    },
  }
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
