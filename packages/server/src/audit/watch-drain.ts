// Notices a spool that does not empty although the database answers: then its events would wait on this machine for good, and nothing but
// the growth of the disk would show it.

export interface DrainWatch {
  /** Some rows of a spool are in the store. */
  noteProgress(): void
  /** Called after each attempt to empty the spool; there is one with every commit that the store confirms. */
  noteAttempt(result: { readonly isEmpty: boolean; readonly error?: Error }): void
  /** The reason not to be ready. */
  stalled(): string | undefined
}

/** A busy database may refuse rows for a moment. */
const toleratedMs = 30_000
/** Without attempts the store does not answer; other checks tell that. */
const maxBetweenAttemptsMs = 10_000

/** @param now a monotonic clock in milliseconds */
export function watchDrain(now: () => number = () => performance.now()): DrainWatch {
  let since: number | undefined
  let lastAttempt = -Infinity
  let lastError: string | undefined

  return {
    noteProgress: () => void (since = undefined),
    noteAttempt({ isEmpty, error }) {
      const at = now()
      if (isEmpty || at - lastAttempt > maxBetweenAttemptsMs) since = undefined
      if (!isEmpty) since ??= at
      lastAttempt = at
      lastError = error?.message
    },
    stalled() {
      const at = now()
      if (since === undefined || lastAttempt - since < toleratedMs || at - lastAttempt > maxBetweenAttemptsMs) return undefined
      const seconds = Math.round((at - since) / 1000)
      return `the spool of audit events has not emptied for ${seconds} s, although the store answers: ${lastError ?? 'events are added as fast as they move'}`
    },
  }
}
