// Takes names out of an archive: writes it again beside the old one, with everything else as it was, and proves it from the disk.
import { dirname } from 'node:path'
import type { AuditMac } from '../events/audit-mac.ts'
import type { StoredEvent } from '../events/event-row.ts'
import type { RemovedRow } from '../events/kinds.ts'
import { valuesSince, type NameRemovals } from '../removed-names/recorded-removals.ts'
import { rewriteTexts, type RewriteText } from '../removed-names/removable-texts.ts'
import { nameArchive, refuseAltered, writeArchive, type ArchiveHeader } from './archive-file.ts'
import { compressLines, type CompressedLines } from './compress-lines.ts'
import type { Piece, PieceArchive } from './pieces.ts'
import { proveArchive, readArchive } from './read-archive.ts'

export interface RewriteOptions {
  readonly rewrite: RewriteText
  /** The events to change. */
  readonly ids: ReadonlySet<string>
  readonly names: NameRemovals
  readonly mac: AuditMac
}

export interface RewrittenArchive {
  readonly archive: PieceArchive
  /** Its changed events, for the record. */
  readonly rows: readonly RemovedRow[]
}

/** @throws ArchiveError, MissingKeyError if the archive is not as it was written; any system error */
export async function rewriteArchive(
  path: string,
  piece: Piece & { readonly archive: PieceArchive },
  options: RewriteOptions,
): Promise<RewrittenArchive> {
  const { names } = options
  await refuseAltered(path, piece.archive)
  await proveArchive(path, piece, names)
  const [begin, events] = [compressLines(), compressLines()]
  const rows: RemovedRow[] = []
  let header: ArchiveHeader | undefined
  let seals = ''
  for await (const lines of readArchive(path)) {
    header ??= lines.header
    seals += toLines(lines.seals)
    await copyEvents(lines.rows, events, rows, options)
  }
  const { chunks, digest } = await events.end()
  await begin.write(toLines([{ ...header, digest }]) + seals)
  const nameOf = (number: number) => nameArchive(piece.class, piece, number)
  const first = await begin.end()
  const archive = await writeArchive(dirname(path), nameOf, [...first.chunks, ...chunks], async (written, as) => {
    await refuseAltered(written, as)
    await proveArchive(written, piece, names.presume(rows))
  })
  return { archive, rows }
}

async function copyEvents(
  rows: readonly StoredEvent[],
  copy: CompressedLines,
  removed: RemovedRow[],
  { rewrite, ids, names, mac }: RewriteOptions,
): Promise<void> {
  const written = rows.map((row) => {
    const next = ids.has(row.id) ? rewriteTexts(row, rewrite) : undefined
    if (!next) return row
    const changed = { ...row, ...next.changed }
    const times = (names.of(row.id)?.times ?? 0) + 1
    removed.push({ event: row.id, members: next.members, times, mac: mac.make(valuesSince(changed, times)) })
    return changed
  })
  await copy.write(toLines(written))
}

function toLines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}
