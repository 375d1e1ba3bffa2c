// Writes the archive of a collected piece, and proves it from the disk before it counts.
import type { Kysely } from 'kysely'
import { instantOf } from '../../node-ids.ts'
import type { Schema } from '../../store/schema.ts'
import type { NameRemovals } from '../removed-names/recorded-removals.ts'
import { archiveName, nameArchive, refuseAltered, writeArchive, type ArchiveHeader } from './archive-file.ts'
import { spanOf, type CollectedPiece } from './collect-piece.ts'
import { compressLines } from './compress-lines.ts'
import type { Pace } from './pace.ts'
import type { PieceArchive } from './pieces.ts'
import { proveArchive } from './read-archive.ts'
import { readSealsOver } from './seal-reach.ts'

export interface ArchiveOptions {
  readonly db: Kysely<Schema>
  readonly names: NameRemovals
  readonly folder: string
  readonly pace: Pace
}

/** @throws ArchiveError if it cannot be read back, and any system error, such as of a full disk or a missing folder */
export async function archivePiece(
  { lines, ...piece }: CollectedPiece & { readonly lines: NonNullable<CollectedPiece['lines']> },
  { db, names, folder, pace }: ArchiveOptions,
): Promise<PieceArchive> {
  const { chunks, digest } = await lines.end()
  const begin = compressLines()
  const seals: string[] = []
  for (const [node, ranges] of piece.removed)
    for await (const some of readSealsOver(db, node, spanOf(ranges)))
      await pace.step(async () => void seals.push(...some.map((seal) => `${JSON.stringify({ seal })}\n`)))
  const toInstant = (id: string) => new Date(instantOf(id)).toISOString()
  const header: ArchiveHeader = {
    archive: archiveName,
    version: 1,
    class: piece.class,
    from: toInstant(piece.firstId),
    to: toInstant(piece.lastId),
    events: piece.events,
    seals: seals.length,
    nodes: Object.fromEntries(piece.removed),
    digest,
  }
  await begin.write(`${JSON.stringify(header)}\n`)
  await begin.write(seals.join(''))
  const first = await begin.end()
  const nameOf = (number: number) => nameArchive(piece.class, piece, number)
  return writeArchive(folder, nameOf, [...first.chunks, ...chunks], async (path, written) => {
    await refuseAltered(path, written, pace)
    await proveArchive(path, piece, names, pace)
  })
}
