// Changes made after the backup that retention has archived since: neither the store that is lost nor a new export has them.
import { basename } from 'node:path'
import type { StoredEvent } from '../audit/events/event-row.ts'
import type { ChangeDetails } from '../audit/events/kinds.ts'
import { readArchive } from '../audit/retention/read-archive.ts'
import { listArchivesIn } from '../audit/verify/verify-archives.ts'
import { readStore } from '../store/inspect-store.ts'
import type { LostEvent } from './lost-revocations.ts'
import { toLostEvent } from './missing-events.ts'

export interface ArchivedChanges {
  /** The names of the archives that have them. */
  readonly files: readonly string[]
  /** How many were removed without an archive. */
  readonly withoutArchive: number
}

type Removal = Partial<ChangeDetails['audit.archive']>

/**
 * What the events say about changes that were removed from the log although the backup does not have them.
 * @throws StoreError
 */
export async function findArchivedChanges(backup: string, events: readonly LostEvent[]): Promise<ArchivedChanges> {
  const lastId = await readStore(backup, async (db) => {
    const last = await db.selectFrom('audit_events').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst()
    return last?.id ?? ''
  })
  const removals = events
    .filter(({ kind }) => kind === 'audit.archive' || kind === 'audit.remove')
    .map(({ detail }) => detail as Removal)
    .filter((removal) => removal.class === 'changes' && String(removal.lastId) > lastId)
  const isArchived = ({ file }: Removal): boolean => file !== undefined
  return {
    files: removals.filter(isArchived).map(({ file }) => String(file)),
    withoutArchive: removals.filter((removal) => !isArchived(removal)).reduce((sum, { events: count = 0 }) => sum + count, 0),
  }
}

/**
 * The changes in these archives. Like an export they are not verified: the worst effect of a forged one is a denial.
 * @param places files, or folders of files
 * @returns the missing files, too. @throws ArchiveError for an unreadable one
 */
export async function readArchivedChanges(
  places: readonly string[],
  files: readonly string[],
): Promise<{ readonly events: readonly LostEvent[]; readonly missing: readonly string[] }> {
  const paths = new Map(places.flatMap(listArchivesIn).map((path) => [basename(path), path]))
  const events: LostEvent[] = []
  for (const file of files) {
    const path = paths.get(file)
    if (path === undefined) continue
    for await (const { rows } of readArchive(path)) events.push(...rows.filter(isChange).flatMap((row) => toLostEvent(row) ?? []))
  }
  return { events, missing: files.filter((file) => !paths.has(file)) }
}

const isChange = ({ outcome, detail }: StoredEvent): boolean => outcome === 'success' && detail.includes('"by":{')
