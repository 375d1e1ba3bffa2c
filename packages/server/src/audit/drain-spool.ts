// Empties the spool whenever the store confirms a commit: one attempt at a time, and one line in the log for attempts that fail alike.
import type { Log } from '../log.ts'
import { describeFailure } from '../store/store-errors.ts'
import type { DrainableSpool } from './audit-spool.ts'
import { StoreWriteError } from './move-spool.ts'
import type { DrainWatch } from './watch-drain.ts'

interface DrainOptions {
  readonly spool: Pick<DrainableSpool, 'drain' | 'isInUse'>
  readonly watch: Pick<DrainWatch, 'noteAttempt'>
  readonly log: Pick<Log, 'warn'>
}

/** The result begins an attempt, unless one is running. */
export function createSpoolDrain({ spool, watch, log }: DrainOptions): () => void {
  let isRunning = false
  let lastFailure: string | undefined

  async function attempt(): Promise<void> {
    isRunning = true
    try {
      await spool.drain()
      lastFailure = undefined
      watch.noteAttempt({ isEmpty: !spool.isInUse })
    } catch (thrown) {
      const error = (thrown instanceof StoreWriteError ? thrown.cause : thrown) as Error
      watch.noteAttempt({ isEmpty: false, error })
      if (error.message !== lastFailure)
        log.warn(describeFailure(error), 'spooled audit events could not be moved to the store; retrying every second')
      lastFailure = error.message
    } finally {
      isRunning = false
    }
  }

  return () => void (isRunning || attempt())
}
