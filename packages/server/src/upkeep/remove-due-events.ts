// Removes the events of one class that are due, piece by piece: archive, record, delete.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import type { AuditMac } from '../audit/events/audit-mac.ts'
import { refuseAltered } from '../audit/retention/archive-file.ts'
import { archivePiece } from '../audit/retention/archive-piece.ts'
import { collectPiece, type CollectedPiece, type PieceLimits } from '../audit/retention/collect-piece.ts'
import { deleteEvents } from '../audit/retention/delete-events.ts'
import { dueBefore } from '../audit/retention/due-before.ts'
import type { EventClass } from '../audit/retention/event-classes.ts'
import type { Pace } from '../audit/retention/pace.ts'
import { toPieceRow, type Piece, type PieceArchive } from '../audit/retention/pieces.ts'
import { createSealReach } from '../audit/retention/seal-reach.ts'
import { readNameRemovals, type NameRemovals } from '../audit/removed-names/recorded-removals.ts'
import type { ApplyChange } from '../change/apply-change.ts'
import type { Clock } from '../clock.ts'
import type { AuditSettings } from '../configuration/retention-settings.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { recordPiece } from './record-piece.ts'

export interface RemovalContext {
  readonly settings: AuditSettings
  readonly store: Store
  readonly mac: AuditMac
  readonly applyChange: ApplyChange
  /** @throws WrongClockError while nothing may be removed by it */
  readonly clock: Clock
  /** Called before each step; a test stops there. */
  readonly onStep?: ((step: RemovalStep) => void) | undefined
}

export type RemovalStep = 'archive' | 'record' | 'delete' | 'finish'

export interface RemovalWork extends RemovalContext {
  /** With a login that may delete. */
  readonly deletingDb: Kysely<Schema>
  readonly limits: PieceLimits
  readonly pace: Pace
  readonly onPiece?: ((piece: Piece) => void) | undefined
}

/** @param fromTheBeginning also events that are older than what was removed last */
export async function removeClass(work: RemovalWork, name: EventClass, fromTheBeginning: boolean): Promise<void> {
  const { settings, clock, store, mac } = work
  const kept = settings.keep[name]
  if (kept === 'forever') return
  const common = { ...work, db: store.db, class: name, before: dueBefore(clock(), kept), isArchived: settings.archive !== 'none' }
  const reachOf = createSealReach(store.db, mac)
  const names = await readNameRemovals(store.db, mac)
  for (let after = fromTheBeginning ? '' : await findLastRemoved(store.db, name); ;) {
    const collected = await collectPiece({ ...common, names, reachOf, after })
    if (!collected) return
    after = collected.lastId
    const piece = await archiveAndRecord({ ...work, names }, collected)
    if (piece) await finishPiece(work, piece)
  }
}

/** @returns undefined if another node has recorded it meanwhile */
async function archiveAndRecord(
  work: RemovalWork & { readonly names: NameRemovals },
  collected: CollectedPiece,
): Promise<Piece | undefined> {
  const { settings, store, names, pace, onStep, clock } = work
  onStep?.('archive')
  const { lines, ...events } = collected
  let archive: PieceArchive | undefined
  const folder = settings.archive ?? ''
  if (lines)
    archive = await archivePiece({ ...events, lines }, { db: store.db, names, pace, folder }).catch((cause: unknown) =>
      explain(folder, cause),
    )
  onStep?.('record')
  return recordPiece(work, { ...events, id: randomUUID(), archive, recordedAt: clock(), removedAt: undefined })
}

/** The folder is missing, closed or full. */
function explain(folder: string, cause: unknown): never {
  if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause
  throw new Error(`No archive can be written to the folder "${folder}" ("audit.archive"): ${(cause as Error).message}`, { cause })
}

/** Deletes the events of a recorded piece, once its archive has been found on the disk as it was recorded. @throws ArchiveError */
export async function finishPiece(work: RemovalWork, piece: Piece): Promise<void> {
  const { settings, store, mac, deletingDb, limits, pace, onStep, clock, onPiece } = work
  if (piece.archive) await refuseAltered(join(settings.archive ?? '', piece.archive.file), piece.archive, pace)
  onStep?.('delete')
  await deleteEvents(piece, { db: store.db, deletingDb, maxRows: limits.deletedRows, pace })
  onStep?.('finish')
  const removed: Piece = { ...piece, removedAt: clock() }
  await store.db.updateTable('audit_pieces').set(toPieceRow(removed, mac)).where('id', '=', piece.id).execute()
  onPiece?.(removed)
}

async function findLastRemoved(db: Kysely<Schema>, name: EventClass): Promise<string> {
  const last = await db
    .selectFrom('audit_pieces')
    .select((query) => query.fn.max('last_id').as('last_id'))
    .where('class', '=', name)
    .executeTakeFirst()
  return last?.last_id ?? ''
}
