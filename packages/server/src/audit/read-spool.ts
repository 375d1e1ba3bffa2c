// Reads a spool file in pieces, so that a file of any size takes the same memory and never holds the event loop.
import type { FileHandle } from 'node:fs/promises'
import type { AuditMac } from './events/audit-mac.ts'
import { parseRows, startOfRow, type ReadLines } from './spooled-rows.ts'

export interface SpoolPiece extends ReadLines {
  /** Where the next piece begins, in bytes. */
  readonly position: number
}

export interface ReadSpoolOptions {
  readonly mac: AuditMac
  /** The start of a line. */
  readonly from: number
  /** Where to stop; the end of the file by default. */
  readonly end?: number
  /** Whether nothing will be added, so that a last line without its end is damaged or lacks only its end. */
  readonly isComplete: boolean
  readonly limits?: SpoolLimits
}

export interface SpoolLimits {
  readonly pieceBytes: number
  /** Much more than a row can have: texts of callers are limited to some kilobytes. A longer line is damaged. */
  readonly maxLineBytes: number
}

const defaultLimits: SpoolLimits = { pieceBytes: 64 * 1024, maxLineBytes: 1024 * 1024 }

export async function* readSpool(
  file: FileHandle,
  { mac, from, end = Infinity, isComplete, limits = defaultLimits }: ReadSpoolOptions,
): AsyncGenerator<SpoolPiece> {
  const buffer = Buffer.alloc(limits.pieceBytes)
  let position = from
  let rest = Buffer.alloc(0)
  for (;;) {
    const at = position + rest.length
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at)
    if (bytesRead === 0) break
    const text = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    const cut = findCut(text, limits.maxLineBytes)
    rest = text.subarray(cut)
    position += cut
    if (cut > 0) yield { ...parseRows(text.toString('utf8', 0, cut), mac), position }
  }
  if (isComplete && rest.length > 0) yield { ...parseRows(rest.toString(), mac), position: position + rest.length }
}

/** After the last whole line. A line that is too long is cut before its last row, or before what may be the start of one. */
function findCut(text: Buffer, maxLineBytes: number): number {
  const lines = text.lastIndexOf('\n') + 1
  if (lines > 0 || text.length <= maxLineBytes) return lines
  const lastRow = text.lastIndexOf(startOfRow)
  return lastRow > 0 ? lastRow : text.length - startOfRow.length
}
