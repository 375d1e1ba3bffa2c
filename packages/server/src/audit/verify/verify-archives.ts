// Proves archives of removed events: each is on the disk as its record says, and has exactly the events of the record, as they were written.
import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { NameRemovals } from '../removed-names/recorded-removals.ts'
import { ArchiveError, isArchiveName, refuseAltered } from '../retention/archive-file.ts'
import type { Piece } from '../retention/pieces.ts'
import { MissingKeyError, proveArchive } from '../retention/read-archive.ts'
import { describeMissingKey, type AuditFault } from '../seals/read-seals.ts'

export interface VerifiedArchives {
  /** Whether archives were given to verify. */
  readonly given: boolean
  /** Events in archives that were proven. */
  readonly events: number
  readonly proven: readonly string[]
  /** Archives that are missing, altered or unreadable, with the reason. */
  readonly faults: readonly { readonly file: string; readonly message: string }[]
  /** Files that no record of this store names, such as those of the time after a backup that was restored, and whether they are intact. */
  readonly unrecorded: readonly { readonly file: string; readonly isIntact: boolean }[]
}

export async function verifyArchives(
  pieces: readonly Piece[],
  places: readonly string[],
  names: NameRemovals,
  onProgress: ((events: number) => void) | undefined,
): Promise<{ readonly found: VerifiedArchives; readonly fault: AuditFault | undefined } | undefined> {
  if (pieces.length === 0 && places.length === 0) return undefined
  const given = places.length > 0
  const proven: string[] = []
  const faults: { file: string; message: string }[] = []
  const unrecorded: { file: string; isIntact: boolean }[] = []
  let fault: AuditFault | undefined
  let events = 0
  const paths = new Map(places.flatMap(listArchivesIn).map((path) => [basename(path), path]))
  for (const piece of given ? pieces : []) {
    const { archive } = piece
    if (!archive) continue
    const path = paths.get(archive.file) ?? join(places[0]!, archive.file)
    paths.delete(archive.file)
    try {
      await refuseAltered(path, archive)
      await proveArchive(path, piece, names)
      proven.push(archive.file)
      events += piece.events
      onProgress?.(events)
    } catch (error) {
      const found = toFault(error)
      faults.push({ file: archive.file, message: found.message })
      fault ??= found
    }
  }
  for (const [file, path] of paths) unrecorded.push({ file, isIntact: await isIntact(path, names) })
  return { found: { given, events, proven, faults, unrecorded }, fault }
}

function toFault(error: unknown): AuditFault {
  if (error instanceof MissingKeyError) return describeMissingKey(error.message.replace(/ names .*$/s, ''), error.id, error.key)
  if (error instanceof ArchiveError) return { id: '', kind: 'archive', message: error.message }
  throw error
}

async function isIntact(path: string, names: NameRemovals): Promise<boolean> {
  try {
    await proveArchive(path, undefined, names)
    return true
  } catch (error) {
    if (error instanceof ArchiveError || error instanceof MissingKeyError) return false
    throw error
  }
}

/** @throws a system error if a folder cannot be listed */
export function listArchivesIn(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place]
  return readdirSync(place)
    .filter(isArchiveName)
    .map((name) => join(place, name))
}
