// Spools events while the database cannot take them: a file on this machine, synced before any request is answered. When the database is
// back the events move there, and only then is the file removed. Moving is idempotent: an event is stored once.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import type { AuditSpool } from './audit-log.ts'
import type { AuditMac } from './events/audit-mac.ts'
import type { EventRow } from './events/event-row.ts'
import { createLeftSpools } from './left-spools.ts'
import { createSpoolMover, putAway, type SpoolDamage } from './move-spool.ts'
import { appendToOwn, beginOwnSpool, closeOwn, makeSpoolDirectory, noteShortened, putBackIfGone, type OwnSpool } from './own-spool.ts'
import type { SpoolLimits } from './read-spool.ts'
import { listSpools, removeLock } from './spool-owner.ts'
import { formatRows } from './spooled-rows.ts'

export interface SpoolOptions {
  readonly directory: string
  readonly node: string
  readonly mac: AuditMac
  readonly writeToStore: (rows: readonly EventRow[]) => Promise<unknown>
  /** Called once for each damaged file. The file is moved no further before the result. */
  readonly onDamage?: (damage: SpoolDamage) => Promise<unknown>
  readonly log: Pick<Log, 'error' | 'warn' | 'info'>
  readonly limits?: SpoolLimits
}

export interface DrainableSpool extends AuditSpool {
  /** Whether the store took rows of this run's spool when they were last moved, so that it can take others at once. */
  readonly isEmptying: boolean
  /** The number of spooled events of this run, and the bytes in the spool, including those of earlier runs. */
  measure(): { readonly events: number; readonly bytes: number }
  /** Files of the spool that need an operator, each with the reason. */
  problems(): readonly string[]
  /** Moves spooled events into the store. Does nothing if there are none or if a move is already running. */
  drain(): Promise<void>
  /** Ends a running move after its current piece; none begins afterwards. */
  stopDraining(): Promise<void>
  close(): Promise<void>
}

export function createAuditSpool(options: SpoolOptions): DrainableSpool {
  const { directory, node, mac, writeToStore, onDamage = async () => {}, log, limits } = options
  makeSpoolDirectory(directory)
  const moveSpool = createSpoolMover({ mac, writeToStore, onDamage, limits })
  const left = createLeftSpools({ directory, moveSpool, betweenPieces, log })
  let own: OwnSpool | undefined
  let ownSpools = 0
  /** Rows whose write has not ended: a concurrent drain must not take the spool for empty. */
  let writing = 0
  let written = 0
  let moved = 0
  let lastWrite: Promise<void> = Promise.resolve()
  let draining: Promise<void> | undefined
  let isEmptying = false
  let isStopped = false

  async function write(rows: readonly EventRow[]): Promise<void> {
    const lines = formatRows(rows)
    if (own) await putBackIfGone(own, directory, log)
    if (own && (await noteShortened(own, log))) void onDamage({ spool: own.spool, position: own.size }).catch(() => {})
    own ??= await beginOwnSpool(directory, node, ++ownSpools, log)
    await appendToOwn(own, lines)
    written += rows.length
  }

  async function moveOwn(): Promise<void> {
    const file = own
    if (!file) return
    const { spool, handle } = file
    while (file.moved.position < file.size) {
      const { size: end, moved: from } = file
      for await (const { rows, ...piece } of moveSpool({ spool, file: handle, from, end, isComplete: true })) {
        file.moved = piece
        moved += rows
        isEmptying = true
        if (isStopped) return
      }
      if (file.moved !== from) continue
      if (!(await noteShortened(file, log))) return
      await onDamage({ spool, position: file.size })
    }
    if (writing > 0) return // Moved by the next drain.
    // No await between these steps: a write after this line begins a new file and never goes into the old one.
    const kept = putAway(spool, file.moved)
    own = undefined
    written = moved = 0
    isEmptying = false
    removeLock(spool, file.lock)
    log.info('All spooled audit events are in the store now.')
    if (kept !== undefined)
      log.error(`Lines of the spool are no audit events as this server wrote them. The whole file is kept as "${kept}".`)
    await file.handle.close()
  }

  /** A file that another server left can take long, and this server's own events do not wait for it. */
  async function betweenPieces(): Promise<boolean> {
    await moveOwn()
    return !isStopped
  }

  async function moveAll(): Promise<void> {
    if (isStopped) return
    try {
      await moveOwn()
      await left.move()
    } catch (error) {
      isEmptying = false
      throw error
    }
  }

  return {
    get isInUse() {
      return own !== undefined || writing > 0
    },
    get isEmptying() {
      return isEmptying
    },
    measure: () => ({ events: written - moved, bytes: sizeOf(directory) }),
    problems: left.problems,
    write(rows) {
      writing += rows.length
      const result = lastWrite.then(() => write(rows)).finally(() => (writing -= rows.length))
      lastWrite = result.catch(() => {})
      return result
    },
    drain: () => (draining ??= moveAll().finally(() => (draining = undefined))),
    async stopDraining() {
      isStopped = true
      await draining?.catch(() => {})
    },
    async close() {
      await draining?.catch(() => {})
      if (own) await closeOwn(own)
    },
  }
}

function sizeOf(directory: string): number {
  const spools = listSpools(directory).filter((name) => name.endsWith('.jsonl'))
  const files = spools.map((name) => statSync(join(directory, name), { throwIfNoEntry: false }))
  return files.reduce((sum, file) => sum + (file?.isFile() ? file.size : 0), 0)
}
