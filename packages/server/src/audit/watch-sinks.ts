// Logs one line when no sink accepts audit events, and one line when a sink accepts them again. Without a sink no token is issued, so
// every token request fails; a line for each would bury the reason.
import type { Log } from '../log.ts'
import type { EventRow } from './events/event-row.ts'

type Write<Result> = (rows: readonly EventRow[]) => Promise<Result>

export interface SinkWatch {
  /** The reason why no sink takes events; undefined while one does. */
  failure(): string | undefined
  /** Events were found to be writable, or not, without a write to a watched sink. */
  noteWritable(): void
  noteFailure(error: Error): void
  /** Wraps a write to a sink. A success shows that events can be written; a failure of the last sink shows that they cannot. */
  watch<Result>(write: Write<Result>, options?: { readonly isLast: boolean }): Write<Result>
}

interface SinkWatchOptions {
  readonly log: Pick<Log, 'error' | 'info'>
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number
}

export function watchSinks({ log, now = () => performance.now() }: SinkWatchOptions): SinkWatch {
  let reason: string | undefined
  let since = 0

  const lose = ({ message }: Error) => {
    if (reason === undefined) {
      since = now()
      log.error(`Audit events cannot be written: ${message}. Token requests get 503 until they can.`)
    }
    reason = message
  }
  const find = () => {
    if (reason === undefined) return
    reason = undefined
    log.info(`Audit events can be written again after ${Math.round((now() - since) / 1000)} s.`)
  }

  return {
    failure: () => reason,
    noteWritable: find,
    noteFailure: lose,
    watch:
      (write, { isLast } = { isLast: true }) =>
      async (rows) => {
        const result = await write(rows).catch((error: Error) => {
          if (isLast) lose(error)
          throw error
        })
        find()
        return result
      },
  }
}
