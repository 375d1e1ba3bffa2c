// Records of removed events. A record names the removed events by node and number and has a MAC, and an event of the log names the record:
// so write access to the database can neither make a record, nor change or remove one, and whatever else is missing is a fault.
import { sql, type Kysely, type Selectable } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import type { AuditMac } from '../events/audit-mac.ts'
import type { EventClass } from './event-classes.ts'
import { formatRanges, parseRanges, type NumberRanges } from './number-ranges.ts'

export interface Piece {
  readonly id: string
  readonly class: EventClass
  readonly firstId: string
  readonly lastId: string
  readonly events: number
  readonly archive: PieceArchive | undefined
  readonly removed: ReadonlyMap<string, NumberRanges>
  readonly recordedAt: number
  /** Undefined until the last of its events is deleted. */
  readonly removedAt: number | undefined
}

export interface PieceArchive {
  /** The name, without a folder. */
  readonly file: string
  readonly bytes: number
  readonly sha256: string
}

export type PieceRow = Selectable<Schema['audit_pieces']>

export function toPieceRow(piece: Piece, mac: Pick<AuditMac, 'make'>): PieceRow {
  const row = {
    id: piece.id,
    class: piece.class,
    first_id: piece.firstId,
    last_id: piece.lastId,
    events: piece.events,
    file: piece.archive?.file ?? null,
    bytes: piece.archive?.bytes ?? null,
    sha256: piece.archive?.sha256 ?? null,
    removed: formatRemoved(piece.removed),
    recorded_at: piece.recordedAt,
    removed_at: piece.removedAt ?? null,
  }
  return { ...row, mac: mac.make(protectedValues(row)) }
}

export interface ReadPieces {
  /** Oldest events first. */
  readonly pieces: readonly Piece[]
  /** Records that are not as they were written, or whose key is missing. */
  readonly broken: readonly { readonly id: string; readonly file: string | null; readonly missingKey: string | undefined }[]
}

/** Of a store that no server of this version has opened yet, none. */
export async function readPieces(db: Kysely<Schema>, mac: AuditMac): Promise<ReadPieces> {
  const pieces: Piece[] = []
  const broken: ReadPieces['broken'][number][] = []
  for (const row of await readPieceRows(db)) {
    const piece = mac.isOf(row.mac, protectedValues(row)) ? parsePiece(row) : undefined
    if (piece) pieces.push(piece)
    else broken.push({ id: row.id, file: row.file, missingKey: mac.findMissingKey(row.mac) })
  }
  return { pieces, broken }
}

/** Without the check of their MACs. */
export async function readUnverifiedPieces(db: Kysely<Schema>): Promise<Piece[]> {
  return (await readPieceRows(db)).flatMap((row) => parsePiece(row) ?? [])
}

async function readPieceRows(db: Kysely<Schema>): Promise<PieceRow[]> {
  try {
    await sql`select 1 from audit_pieces limit 1`.execute(db)
  } catch (error) {
    if (isMissingTable(error)) return []
    throw error
  }
  return db.selectFrom('audit_pieces').selectAll().orderBy('first_id').orderBy('id').execute()
}

function isMissingTable(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return code === '42P01' || (typeof message === 'string' && message.includes('no such table'))
}

/** Undefined if a column was altered. */
export function parsePiece(row: PieceRow): Piece | undefined {
  try {
    const { file, bytes, sha256 } = row
    return {
      id: row.id,
      class: row.class as EventClass,
      firstId: row.first_id,
      lastId: row.last_id,
      events: row.events,
      archive: file === null || bytes === null || sha256 === null ? undefined : { file, bytes, sha256 },
      removed: parseRemoved(row.removed),
      recordedAt: row.recorded_at,
      removedAt: row.removed_at ?? undefined,
    }
  } catch {
    return undefined
  }
}

/** Begins with a word, unlike those of an event or a seal, so that the MAC of one never fits another. */
function protectedValues(row: Omit<PieceRow, 'mac'>): unknown[] {
  return [
    'audit piece',
    row.id,
    row.class,
    row.first_id,
    row.last_id,
    row.events,
    row.file,
    row.bytes,
    row.sha256,
    row.removed,
    row.recorded_at,
    row.removed_at,
  ]
}

export function formatRemoved(removed: ReadonlyMap<string, NumberRanges>): string {
  return JSON.stringify(
    Object.fromEntries([...removed].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([node, ranges]) => [node, formatRanges(ranges)])),
  )
}

function parseRemoved(text: string): Map<string, NumberRanges> {
  const found = JSON.parse(text) as Record<string, string>
  return new Map(Object.entries(found).map(([node, ranges]) => [node, parseRanges(ranges)]))
}
