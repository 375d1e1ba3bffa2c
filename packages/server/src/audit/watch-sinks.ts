// Watches whether audit events find a place, and tells it once when they do not and once when they do again: without a place
// there are no tokens, so each request is refused, and a line for each would bury the reason.
import type { EventRow } from './events/event-row.ts'

type Write = (rows: readonly EventRow[]) => Promise<void>

export interface SinkWatch {
  /** Why there is no place, if so. */
  failure(): string | undefined
  /** The same write, which tells by its success that there is a place; by its failure that there is none, unless another is left. */
  watch(write: Write, options?: { readonly isLast: boolean }): Write
}

interface SinkWatchOptions {
  readonly log: { error(message: string): void; info(message: string): void }
  /** Milliseconds of a clock that nobody sets. */
  readonly now?: () => number
}

export function watchSinks({ log, now = () => performance.now() }: SinkWatchOptions): SinkWatch {
  let reason: string | undefined
  let since = 0

  const lose = ({ message }: Error) => {
    if (reason === undefined) {
      since = now()
      log.error(`Audit events find no place: ${message}. Until they do, there are no tokens.`)
    }
    reason = message
  }
  const find = () => {
    if (reason === undefined) return
    reason = undefined
    log.info(`Audit events find a place again after ${Math.round((now() - since) / 1000)} s.`)
  }

  return {
    failure: () => reason,
    watch:
      (write, { isLast } = { isLast: true }) =>
      async (rows) => {
        try {
          await write(rows)
        } catch (error) {
          if (isLast) lose(error as Error)
          throw error
        }
        find()
      },
  }
}
