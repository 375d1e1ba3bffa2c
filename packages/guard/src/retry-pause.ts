// The pause after a failed fetch, during which callers fail at once: exponential with jitter, like that of the client, so that the guards
// of a server that fails neither retry together nor keep it down. Its cap is the time that a recovery takes at most.

export interface RetryPause {
  readonly error: Error
  readonly failures: number
  /** Milliseconds of the clock. */
  readonly until: number
}

const minMs = 1000
const firstCeilingMs = 1000
const maxCeilingMs = 30_000

/**
 * The pause after a fetch that began at `startedAt` and failed now.
 * @param previous of the failure before it; one that this fetch did not wait for, because both ran at the same time, is not counted twice
 */
export function nextPause(
  previous: RetryPause | undefined,
  failed: { readonly error: Error; readonly startedAt: number; readonly now: number },
  random: () => number,
): RetryPause {
  const { error, startedAt, now } = failed
  if (previous && startedAt < previous.until) return { ...previous, error }
  const failures = (previous?.failures ?? 0) + 1
  const ceilingMs = Math.min(maxCeilingMs, firstCeilingMs * 2 ** (failures - 1))
  return { error, failures, until: now + minMs + random() * ceilingMs }
}
