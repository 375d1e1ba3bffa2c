// The pause after a failed fetch, during which callers fail at once: exponential with jitter, like that of the client, so that the guards
// of a server that fails neither retry together nor keep it down. Its cap is the time that a recovery takes at most, unless the server
// asked for a longer pause (decisions/063).
import { RemoteGuardError } from './remote-guard-error.ts'

export interface RetryPause {
  readonly error: Error
  readonly failures: number
  /** Milliseconds of the clock. */
  readonly until: number
  /** Whether a `Retry-After` asked for it. */
  readonly isAsked: boolean
}

const minMs = 1000
const firstCeilingMs = 1000
const maxCeilingMs = 30_000
/** A guard denies everything once its rights are too old: a maintenance page that says "an hour" must not keep it out for that long. */
const maxAskedMs = 300_000

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
  const askedMs = askedMsOf(error)
  const isAsked = askedMs !== undefined
  const isSameFailure = previous !== undefined && startedAt < previous.until
  if (isSameFailure && !isAsked) return { ...previous, error }
  const failures = (previous?.failures ?? 0) + (isSameFailure ? 0 : 1)
  const ceilingMs = Math.min(maxCeilingMs, firstCeilingMs * 2 ** (failures - 1))
  const until = now + Math.max(minMs, askedMs ?? 0) + random() * ceilingMs
  return isSameFailure && until < previous.until ? { ...previous, error } : { error, failures, until, isAsked }
}

function askedMsOf(error: Error): number | undefined {
  const seconds = error instanceof RemoteGuardError ? error.retryAfterSeconds : undefined
  return seconds === undefined ? undefined : Math.min(seconds * 1000, maxAskedMs)
}
