// What retention removed, for a verification: the records, each of which an event of the log must name.
import type { Kysely } from 'kysely'
import { instantOf } from '../../node-ids.ts'
import type { Schema } from '../../store/schema.ts'
import type { AuditMac } from '../events/audit-mac.ts'
import type { StoredEvent } from '../events/event-row.ts'
import type { AuditKind, ChangeDetails } from '../events/kinds.ts'
import { eventClasses, type EventClass } from '../retention/event-classes.ts'
import { readPieces, type Piece } from '../retention/pieces.ts'
import { indexRemoved } from '../retention/removed-events.ts'
import { describeMissingKey, type AuditFault } from '../seals/read-seals.ts'

const recordKinds: ReadonlySet<string> = new Set<AuditKind>(['audit.archive', 'audit.remove'])

export interface RemovedClass {
  readonly class: EventClass
  readonly pieces: number
  readonly events: number
  /** Of these, without an archive. */
  readonly withoutArchive: number
  /** The instant of the last removed event: every later event of the class is in the store. Milliseconds since the epoch. */
  readonly until: number
}

export interface Removals {
  readonly pieces: readonly Piece[]
  readonly classes: readonly RemovedClass[]
  /** @param row an intact event */
  note(row: StoredEvent): void
  /** An event that was removed is in the store again. While a piece is being deleted, some of its events are still there. */
  findInserted(node: string, number: number, id: string): AuditFault | undefined
  /** The first number from this one on that was not removed. */
  skip(node: string, number: number): number
  /**
   * The removals as they are now, after all events were read: servers go on archiving meanwhile.
   * @returns itself if nothing was removed since
   */
  readAgain(): Promise<Removals>
  /** A record that is altered or missing. To be called after all events were noted, with what was removed since. */
  findFault(now: Removals): AuditFault | undefined
}

export async function readRemovals(db: Kysely<Schema>, mac: AuditMac): Promise<Removals> {
  const { pieces, broken } = await readPieces(db, mac)
  const index = indexRemoved(pieces)
  const named = new Map<string, { readonly id: string; readonly file: string | undefined }>()

  const removals: Removals = {
    pieces,
    classes: eventClasses.flatMap((name) => describeClass(name, pieces)),
    note({ id, kind, detail }) {
      if (!recordKinds.has(kind)) return
      const { piece, ...rest } = JSON.parse(detail) as ChangeDetails['audit.remove'] & Partial<ChangeDetails['audit.archive']>
      named.set(piece, { id, file: rest.file })
    },
    findInserted(node, number, id) {
      const piece = index.find(node, number)
      if (piece?.removedAt === undefined) return undefined
      const message = `The event "${id}" was removed at ${new Date(piece.removedAt).toISOString()}, as the log records, and is there again: it was inserted.`
      return { id, kind: 'inserted', message }
    },
    skip: (node, number) => (index.endOf(node, number) ?? number - 1) + 1,
    async readAgain() {
      // An archive is written again when a name is removed from it.
      const nameOfState = ({ id, archive }: Piece) => `${id} ${archive?.sha256 ?? ''}`
      const states = new Set(pieces.map(nameOfState))
      const now = await readPieces(db, mac)
      return now.pieces.every((piece) => states.has(nameOfState(piece))) ? removals : readRemovals(db, mac)
    },
    findFault(now) {
      const faultOf = (id: string, message: string): AuditFault => ({ id: named.get(id)?.id ?? '', kind: 'record', message })
      for (const { id, file, missingKey } of broken) {
        const record = `The record ${nameOf(file, id)}`
        if (missingKey !== undefined) return describeMissingKey(record, named.get(id)?.id ?? '', missingKey)
        return faultOf(id, `${record} is not as it was written.`)
      }
      const known = new Set(now.pieces.map(({ id }) => id))
      for (const [piece, { id, file }] of named)
        if (!known.has(piece)) return faultOf(piece, `The record ${nameOf(file, piece)}, which the event "${id}" names, was removed.`)
      const unnamed = pieces.find(({ id }) => !named.has(id))
      if (!unnamed) return undefined
      const { id, archive } = unnamed
      return faultOf(id, `No event of the log names the record ${nameOf(archive?.file, id)}: it was inserted, or its event was removed.`)
    },
  }
  return removals
}

function nameOf(file: string | null | undefined, piece: string): string {
  return file === null || file === undefined ? `"${piece}" of removed events` : `of the archive "${file}"`
}

function describeClass(name: EventClass, all: readonly Piece[]): RemovedClass[] {
  const pieces = all.filter((piece) => piece.class === name)
  if (pieces.length === 0) return []
  const sum = (some: readonly Piece[]) => some.reduce((total, { events }) => total + events, 0)
  const until = Math.max(...pieces.map(({ lastId }) => instantOf(lastId)))
  return [{ class: name, pieces: pieces.length, events: sum(pieces), withoutArchive: sum(pieces.filter(({ archive }) => !archive)), until }]
}
