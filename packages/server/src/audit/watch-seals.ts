// Notices a log that is not sealed for long although events are written: meanwhile its newest events could be removed without a trace, and
// nothing else shows it.
import type { Log } from '../log.ts'
import { describeFailure } from '../store/store-errors.ts'

export interface SealWatch {
  noteSealed(): void
  noteFailure(error: Error): void
  /** What is wrong, once several seals in a row have failed. */
  warning(): string | undefined
}

interface SealWatchOptions {
  readonly log: Pick<Log, 'warn' | 'info'>
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number
}

/** One may fail with the connection. There is one every ten seconds. */
const toldAfter = 3

export function watchSeals({ log, now = () => performance.now() }: SealWatchOptions): SealWatch {
  let failures = 0
  let reason = ''
  let since = 0

  return {
    noteSealed() {
      if (failures >= toldAfter) log.info(`The audit log is sealed again after ${Math.round((now() - since) / 1000)} s.`)
      failures = 0
    },
    noteFailure(error) {
      if (failures === 0) since = now()
      failures++
      reason = error.message
      // Then the end: a line for each attempt would bury the others.
      if (failures === 1) log.warn(describeFailure(error), 'the audit log could not be sealed; retrying')
      if (failures === toldAfter) log.warn(describeFailure(error), `the audit log could not be sealed ${toldAfter} times; retrying`)
    },
    warning() {
      if (failures < toldAfter) return undefined
      const seconds = Math.round((now() - since) / 1000)
      return `the audit log has not been sealed for ${seconds} s, so a removal of its newest events might not be detected: ${reason}`
    },
  }
}
