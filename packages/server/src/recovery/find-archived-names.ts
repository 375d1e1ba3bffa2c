// Finds a name in archives of removed events.
import { basename } from 'node:path'
import type { Kysely } from 'kysely'
import type { AuditMac } from '../audit/events/audit-mac.ts'
import { listArchivesIn } from '../audit/verify/verify-archives.ts'
import { readPieces } from '../audit/retention/pieces.ts'
import { readArchive } from '../audit/retention/read-archive.ts'
import { findInEvent, type FindOptions, type FoundEvent } from '../audit/removed-names/find-name.ts'
import type { Schema } from '../store/schema.ts'

export interface FoundArchive {
  readonly path: string
  /** The id of its record; undefined if the store has none, so that it can only be deleted. */
  readonly piece: string | undefined
  readonly events: readonly FoundEvent[]
}

export interface FoundArchives {
  readonly archives: readonly FoundArchive[]
  /** Recorded files that are in none of the places. */
  readonly missing: readonly string[]
}

/** @throws ArchiveError for a file that is none */
export async function findArchivedNames(
  db: Kysely<Schema>,
  mac: AuditMac,
  places: readonly string[],
  { rewrite, pattern, ids }: FindOptions,
): Promise<FoundArchives> {
  const { pieces } = await readPieces(db, mac)
  const archived = pieces.flatMap(({ id, class: name, archive }) => (archive && name !== 'tokens' ? [{ id, file: archive.file }] : []))
  if (archived.length === 0 && places.length === 0) return { archives: [], missing: [] }
  const paths = new Map(places.flatMap(listArchivesIn).map((path) => [basename(path), path]))
  const pieceOf = new Map(archived.map(({ id, file }) => [file, id]))
  const chosen = ids && new Set(ids)
  const archives: FoundArchive[] = []
  for (const [file, path] of paths) {
    if (file.startsWith('audit-tokens-')) continue
    const events: FoundEvent[] = []
    for await (const { rows } of readArchive(path))
      for (const row of rows) {
        const found = chosen && !chosen.has(row.id) ? undefined : findInEvent(row, { rewrite, pattern })
        if (found) events.push({ ...found, archive: file })
      }
    if (events.length > 0) archives.push({ path, piece: pieceOf.get(file), events })
  }
  return { archives, missing: archived.filter(({ file }) => !paths.has(file)).map(({ file }) => file) }
}
