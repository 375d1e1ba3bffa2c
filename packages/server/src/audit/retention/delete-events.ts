// Deletes the events of a recorded piece in small statements. It can be repeated after a crash: what is deleted stays so.
import type { Kysely } from 'kysely'
import { nodeOf, numberOf } from '../../node-ids.ts'
import { oneOf } from '../../store/dialects.ts'
import type { Schema } from '../../store/schema.ts'
import { mayBeOfClass } from './event-classes.ts'
import { hasNumber } from './number-ranges.ts'
import type { Pace } from './pace.ts'
import type { Piece } from './pieces.ts'
import { walkEvents } from './walk-events.ts'

export interface DeleteOptions {
  readonly db: Kysely<Schema>
  /** With a login that may delete. */
  readonly deletingDb: Kysely<Schema>
  /** Events that one statement deletes at most. */
  readonly maxRows: number
  readonly pace: Pace
  readonly onDeleted?: ((events: number) => void) | undefined
}

/** A deletion costs a commit. */
const maxDeletionPauseMs = 1000

/** @throws Error if the database did not delete what it was told to; any error of the store */
export async function deleteEvents(piece: Piece, { db, deletingDb, maxRows, pace, onDeleted }: DeleteOptions): Promise<void> {
  for await (const { after, upTo } of walkEvents(db, { after: before(piece.firstId), before: `${piece.lastId}~`, rows: maxRows, pace })) {
    const found = await pace.step(() =>
      db
        .selectFrom('audit_events')
        .select('id')
        .where('id', '>', after)
        .where('id', '<=', upTo)
        .where(mayBeOfClass(piece.class))
        .orderBy('id')
        .execute(),
    )
    const ids = found.map(({ id }) => id).filter((id) => hasNumber(piece.removed.get(nodeOf(id)) ?? [], numberOf(id)))
    if (ids.length === 0) continue
    await pace.step(async () => {
      const { numDeletedRows } = await deletingDb
        .deleteFrom('audit_events')
        .where('id', 'in', oneOf(deletingDb, ids))
        .executeTakeFirstOrThrow()
      if (Number(numDeletedRows) !== ids.length)
        throw new Error(
          `${numDeletedRows} of ${ids.length} audit events were deleted: "audit.retentionStore" names another database or its login may not see every row, or another server does the same`,
        )
    }, maxDeletionPauseMs)
    onDeleted?.(ids.length)
  }
}

/** A text that sorts before this id, and after most others before it. */
function before(id: string): string {
  return id.slice(0, -1)
}
