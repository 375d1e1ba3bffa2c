// Moves the rows of one spool file into the store, piece by piece. The position is kept after each piece. What cannot be read is reported
// before the position passes it, and the rows around it go in.
import { existsSync, renameSync, rmSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { isValueRefused } from '../store/store-errors.ts'
import type { AuditMac } from './events/audit-mac.ts'
import type { EventRow } from './events/event-row.ts'
import { readSpool, type SpoolLimits } from './read-spool.ts'
import { keepPosition, removePosition, type SpoolPosition } from './spool-position.ts'

export interface SpoolDamage {
  /** The path of the spool. */
  readonly spool: string
  /** The first of the pieces with a damaged line begins here, in bytes. */
  readonly position: number
}

export interface SpoolMoverOptions {
  readonly mac: AuditMac
  readonly writeToStore: (rows: readonly EventRow[]) => Promise<unknown>
  /** Called once for each damaged file; the position passes the damage when it has resolved. */
  readonly onDamage: (damage: SpoolDamage) => Promise<unknown>
  readonly limits?: SpoolLimits | undefined
}

export interface MovedPiece extends SpoolPosition {
  /** The number of rows that are in the store now. */
  readonly rows: number
}

export interface MoveOptions {
  readonly spool: string
  readonly file: FileHandle
  readonly from: SpoolPosition
  readonly end?: number
  readonly isComplete: boolean
}

export type MoveSpool = (options: MoveOptions) => AsyncGenerator<MovedPiece>

/** The store did not take the rows; the files are not the reason. */
export class StoreWriteError extends Error {
  override name = 'StoreWriteError'
}

/** Rows of one transaction. */
const rowsAtOnce = 500

export function createSpoolMover({ mac, writeToStore, onDamage, limits }: SpoolMoverOptions): MoveSpool {
  /** @returns the number of rows whose values the database refuses */
  async function store(rows: readonly EventRow[]): Promise<number> {
    if (rows.length === 0) return 0
    if (rows.length > rowsAtOnce) return (await store(rows.slice(0, rowsAtOnce))) + (await store(rows.slice(rowsAtOnce)))
    try {
      await writeToStore(rows)
      return 0
    } catch (cause) {
      if (!isValueRefused(cause)) throw new StoreWriteError((cause as Error).message, { cause })
      if (rows.length === 1) return 1
      const half = Math.ceil(rows.length / 2)
      return (await store(rows.slice(0, half))) + (await store(rows.slice(half)))
    }
  }

  return async function* ({ spool, file, from, end, isComplete }) {
    let { position, damaged } = from
    const options = { mac, from: position, isComplete, ...(end !== undefined && { end }), ...(limits && { limits }) }
    for await (const piece of readSpool(file, options)) {
      const refused = await store(piece.rows)
      const found = piece.damaged + refused
      if (found > 0 && damaged === 0) await onDamage({ spool, position })
      position = piece.position
      damaged += found
      if (position !== end) await keepPosition(spool, file, { position, damaged })
      yield { position, damaged, rows: piece.rows.length - refused }
    }
  }
}

/** Removes a spool whose rows are in the store; one with damaged lines is kept under the name that is returned. */
export function putAway(spool: string, { damaged }: Pick<SpoolPosition, 'damaged'>): string | undefined {
  removePosition(spool)
  if (damaged === 0) return void rmSync(spool, { force: true })
  if (!existsSync(spool)) return undefined
  const kept = nameForDamaged(spool)
  renameSync(spool, kept)
  return kept
}

/** A name that is free: a damaged file can have been put back and damaged again. */
export function nameForDamaged(spool: string): string {
  const name = `${spool}.damaged`
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name}-${number}`
    if (!existsSync(free)) return free
  }
}

export const isDamagedName = (name: string): boolean => /\.jsonl\.damaged(?:-\d+)?$/.test(name)
