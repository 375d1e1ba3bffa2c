// Retention of the audit log, by one node at a time: writes the archive of a piece, proves it, records it, and only then deletes the events.
// A node that is killed between two steps leaves what any other goes on from: an archive without a record is written again or used as it
// is, and a recorded piece is deleted further.
import type { PieceLimits } from '../audit/retention/collect-piece.ts'
import { eventClasses } from '../audit/retention/event-classes.ts'
import { createPace, StoppedError } from '../audit/retention/pace.ts'
import { readUnfinishedPieces, type Piece } from '../audit/retention/pieces.ts'
import type { RetentionStore } from '../audit/retention/retention-store.ts'
import { toError } from '../errors.ts'
import type { Log } from '../log.ts'
import { finishPiece, removeClass, type RemovalContext, type RemovalWork } from './remove-due-events.ts'

export interface RetentionOptions extends RemovalContext {
  readonly retentionStore: RetentionStore
  /** The reason why the log may not be complete, such as events that wait in the spool of this node. */
  readonly incomplete: () => string | undefined
  readonly log: Pick<Log, 'error' | 'info'>
  readonly limits?: PieceLimits
}

export interface RetentionRun {
  /** Also events that arrived after a later piece was removed, such as those of a spool that was found again. */
  readonly fromTheBeginning?: boolean
  /** The pause for each millisecond of work. */
  readonly pauses?: number
  readonly onPiece?: (piece: Piece) => void
}

export interface AuditRetention {
  /** Removes what is due. @returns false if another node does it now. @throws the first failure, after the other classes */
  run(run?: RetentionRun): Promise<boolean>
  /** Runs a while after the start, and then every ten minutes. */
  start(): void
  /** Ends a run after its current step. */
  stop(): Promise<void>
  /** Why events that are due are still there. */
  warning(): string | undefined
}

const usualLimits: Omit<PieceLimits, 'rows'> = { events: 20_000, bytes: 32 * 1024 * 1024, deletedRows: 1000 }
/** Of one statement. SQLite is read by the thread of requests; an answer of PostgreSQL is waited for, and only parsed by it. */
const usualRows = { sqlite: 125, postgres: 250 }
/**
 * Work takes less than a hundredth of the time, so that fewer than one in a hundred requests meets a step. A deletion costs a commit, which
 * waits for the disk for as long as 1,000 rows take: smaller ones would only be slower.
 */
const usualPauses = 150
const firstRunMs = 60_000
const intervalMs = 600_000

export function createAuditRetention(options: RetentionOptions): AuditRetention {
  const { settings, retentionStore, log } = options
  const stopping = new AbortController()
  let lastRun: Promise<boolean> = Promise.resolve(true)
  let first: NodeJS.Timeout | undefined
  let timer: NodeJS.Timeout | undefined
  let failure: string | undefined
  let isRunning = false
  const rows = options.store.isShared ? usualRows.postgres : usualRows.sqlite
  const isConfigured = eventClasses.some((name) => settings.keep[name] !== 'forever')

  async function runOnce({ fromTheBeginning = false, pauses = usualPauses, onPiece }: RetentionRun): Promise<boolean> {
    if (!isConfigured || stopping.signal.aborted) return true
    let isAlone = true
    let found: unknown
    const pace = createPace({ pauses, signal: stopping.signal })
    const work: RemovalWork = {
      ...options,
      deletingDb: retentionStore.db,
      limits: options.limits ?? { ...usualLimits, rows },
      pace,
      onPiece,
    }
    const attempt = async (step: () => Promise<void>) => {
      try {
        await step()
      } catch (error) {
        if (error instanceof StoppedError) throw error
        found ??= error
      }
    }
    try {
      isAlone = await retentionStore.whileAlone(async () => {
        await retentionStore.refuseWithoutRight()
        const reason = options.incomplete()
        if (reason !== undefined) throw new Error(reason)
        for (const piece of await readUnfinishedPieces(work.store.db, work.mac)) await attempt(() => finishPiece(work, piece))
        for (const name of eventClasses) await attempt(() => removeClass(work, name, fromTheBeginning))
      })
    } catch (error) {
      if (error instanceof StoppedError) return true
      found ??= error
    }
    noteOutcome(found)
    if (found !== undefined) throw found
    return isAlone
  }

  function noteOutcome(found: unknown): void {
    const message = found === undefined ? undefined : toError(found).message
    if (message !== undefined && message !== failure)
      log.error(
        { reason: message },
        'audit events that are due cannot be archived or removed; nothing is deleted, retrying every 10 minutes',
      )
    if (message === undefined && failure !== undefined) log.info('audit events that are due are archived or removed again')
    failure = message
  }

  const run = (how: RetentionRun = {}) => (lastRun = lastRun.catch(() => true).then(() => runOnce(how)))
  const runUnlessRunning = () => {
    if (isRunning) return
    isRunning = true
    void run()
      .catch(() => {}) // Noted and logged.
      .finally(() => (isRunning = false))
  }

  return {
    run,
    start() {
      if (!isConfigured) return
      first = setTimeout(runUnlessRunning, firstRunMs).unref()
      timer = setInterval(runUnlessRunning, intervalMs).unref()
    },
    async stop() {
      stopping.abort()
      clearTimeout(first)
      clearInterval(timer)
      await lastRun.catch(() => {})
      await retentionStore.close()
    },
    warning: () => (failure === undefined ? undefined : `audit events that are due cannot be archived or removed: ${failure}`),
  }
}
