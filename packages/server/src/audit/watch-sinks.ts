// Watches whether audit events find a place, and tells it once when they do not and once when they do again: without a place
// there are no tokens, so each request is refused, and a line for each would bury the reason.
import type { Log } from '../log.ts'
import type { EventRow } from './events/audit-chain.ts'

type Write<Result> = (rows: readonly EventRow[]) => Promise<Result>

export interface SinkWatch {
  /** Why there is no place, if so. */
  failure(): string | undefined
  /** The same write, which tells by its success that there is a place; by its failure that there is none, unless another is left. */
  watch<Result>(write: Write<Result>, options?: { readonly isLast: boolean }): Write<Result>
}

interface SinkWatchOptions {
  readonly log: Pick<Log, 'error' | 'info'>
  /** Milliseconds of a clock that nobody sets. */
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
