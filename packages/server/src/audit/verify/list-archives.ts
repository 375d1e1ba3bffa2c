// What retention removed, and what it would remove, of a store that a server may be using.
import { join } from 'node:path'
import { instantOf } from '../../node-ids.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import { readStore } from '../../store/inspect-store.ts'
import { createAuditMac } from '../events/audit-mac.ts'
import { ArchiveError, refuseAltered } from '../retention/archive-file.ts'
import { mayBeOfClass, eventClasses, type EventClass } from '../retention/event-classes.ts'
import { dueBefore } from '../retention/due-before.ts'
import { readPieces, type Piece } from '../retention/pieces.ts'
import { readLog, type AuditSettings } from './verify-store.ts'

export interface ListedArchive {
  readonly class: EventClass
  /** The instants of the first and the last event. */
  readonly from: string
  readonly to: string
  readonly events: number
  /** Null for events that were removed without an archive. */
  readonly file: string | null
  readonly bytes: number | null
  /** `deleting`: some of the events are still in the store. */
  readonly state: 'removed' | 'deleting'
  /** Whether the file is in the configured folder as it was recorded. */
  readonly archive: 'intact' | 'missing' | 'altered' | 'none'
}

export interface ArchiveList {
  readonly folder: string | null
  readonly archives: readonly ListedArchive[]
  /** Ids of records that are not as they were written; "audit verify" says more. */
  readonly unreadable: readonly string[]
}

/** @throws StoreError, KeyRingError */
export async function listArchives(configuration: AuditSettings & Pick<Configuration, 'audit'>): Promise<ArchiveList> {
  const { archive } = configuration.audit
  const folder = archive === undefined || archive === 'none' ? null : archive
  const { pieces, broken } = await readLog(configuration, [], (db, keys) => readPieces(db, createAuditMac(keys)))
  const archives: ListedArchive[] = []
  for (const piece of pieces) archives.push({ ...describe(piece), archive: await findState(piece, folder) })
  return { folder, archives, unreadable: broken.map(({ id }) => id) }
}

function describe({ class: name, firstId, lastId, events, archive, removedAt }: Piece): Omit<ListedArchive, 'archive'> {
  const state = removedAt === undefined ? 'deleting' : 'removed'
  return {
    class: name,
    from: toInstant(firstId),
    to: toInstant(lastId),
    events,
    file: archive?.file ?? null,
    bytes: archive?.bytes ?? null,
    state,
  }
}

const toInstant = (id: string) => new Date(instantOf(id)).toISOString()

async function findState({ archive }: Piece, folder: string | null): Promise<ListedArchive['archive']> {
  if (!archive) return 'none'
  if (folder === null) return 'missing'
  try {
    await refuseAltered(join(folder, archive.file), archive)
    return 'intact'
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error
    return error.isMissing ? 'missing' : 'altered'
  }
}

export interface DueEvents {
  readonly class: EventClass
  readonly from: string
  readonly to: string
  /** At most: an event that is not sealed, or not as it was written, stays. */
  readonly events: number
}

/** What would be removed now. @throws StoreError */
export async function findDueEvents(
  { store, audit, readStore: readAgain }: Pick<Configuration, 'store' | 'audit' | 'readStore'>,
  now: number,
): Promise<DueEvents[]> {
  const read = readStore(
    store,
    async (db) => {
      const due: DueEvents[] = []
      for (const name of eventClasses) {
        const kept = audit.keep[name]
        if (kept === 'forever') continue
        const { first, last, events } = await db
          .selectFrom('audit_events')
          .select(({ fn }) => [fn.min<string | null>('id').as('first'), fn.max<string | null>('id').as('last'), fn.countAll().as('events')])
          .where('id', '<', dueBefore(now, kept))
          .where(mayBeOfClass(name))
          .executeTakeFirstOrThrow()
        if (first !== null && last !== null) due.push({ class: name, from: toInstant(first), to: toInstant(last), events: Number(events) })
      }
      return due
    },
    readAgain,
  )
  return read
}
