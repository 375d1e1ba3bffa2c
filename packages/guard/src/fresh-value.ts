// A cached remote value: fetched once for concurrent callers, refreshed when it is no longer fresh, and served stale for a
// while if its source fails (stale-if-error, RFC 5861 §4). Does not know what the value is.
import { nextPause, type RetryPause } from './retry-pause.ts'

export interface FreshValueOptions<Value> {
  /** Fetches the value; `previous` is the one that is still usable. Rejects for a failure and for an invalid value. */
  readonly load: (previous: Value | undefined) => Promise<Value>
  readonly freshSeconds: number
  /** From this age on the value is refreshed in the background. Default: `freshSeconds`, so never ahead of time. */
  readonly aheadSeconds?: number
  /** How long a stale value is served while fetching fails. */
  readonly staleIfErrorSeconds: number
  /** How old the value already was when the source answered: it is served that much shorter. Default: 0. */
  readonly ageSecondsOf?: (value: Value) => number
  /** Milliseconds; never goes back. */
  readonly clock: () => number
  /** In [0, 1), for the pauses after failures. */
  readonly random: () => number
  /** Called for each failed fetch, including those in the background. */
  readonly onError: (error: Error) => void
}

export interface FreshValue<Value> {
  /** Fetches if there is no usable value; rejects if that fails, and throws in the pause after a failure. */
  get(): Value | Promise<Value>
  /** Fetches now, or joins the pending fetch. */
  refresh(): Promise<Value>
  /** When the last fetch began, in milliseconds of the clock; `-Infinity` before the first. */
  readonly attemptedAt: number
  /** Why the last fetch failed; `undefined` if it did not. */
  readonly failure: Error | undefined
  /** Whether the pause after a failed fetch lasts. */
  readonly isPaused: boolean
  /** Ends the pause after a failure, because its cause may be gone; not one that the server asked for. */
  retryNow(): void
}

export function createFreshValue<Value>(options: FreshValueOptions<Value>): FreshValue<Value> {
  const { load, freshSeconds, aheadSeconds = freshSeconds, staleIfErrorSeconds, clock, random, onError } = options
  const { ageSecondsOf = () => 0 } = options
  const aheadMs = aheadSeconds * 1000
  let held: { readonly value: Value; readonly loadedAt: number; readonly usableUntil: number } | undefined
  let attemptedAt = -Infinity
  let pause: RetryPause | undefined
  let flight: Promise<Value> | undefined

  function refresh(): Promise<Value> {
    flight ??= attempt().finally(() => {
      flight = undefined
    })
    return flight
  }

  async function attempt(): Promise<Value> {
    const startedAt = clock()
    attemptedAt = startedAt
    try {
      const value = await load(usable(startedAt)?.value)
      // From the start of the fetch, not its end: the value may have changed since the source read it.
      const usableSeconds = freshSeconds + staleIfErrorSeconds - ageSecondsOf(value)
      held = { value, loadedAt: startedAt, usableUntil: startedAt + usableSeconds * 1000 }
      pause = undefined
      return value
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      pause = nextPause(pause, { error, startedAt, now: clock() }, random)
      onError(error)
      throw error
    }
  }

  function refreshInBackground(now: number): void {
    if (!flight && !isPausedAt(now)) refresh().catch(() => {}) // Reported to onError.
  }

  function isPausedAt(now: number): boolean {
    return pause !== undefined && now < pause.until
  }

  function usable(now: number): typeof held {
    return held && now < held.usableUntil ? held : undefined
  }

  /** Waits for the source; if it fails, the value is used as long as it may be. */
  function refreshed(): Promise<Value> {
    return refresh().catch((error: unknown) => {
      const still = usable(clock())
      if (still) return still.value
      throw error
    })
  }

  return {
    refresh,
    get attemptedAt() {
      return attemptedAt
    },
    get failure() {
      return pause?.error
    },
    get isPaused() {
      return isPausedAt(clock())
    },
    retryNow() {
      if (!pause?.isAsked || !isPausedAt(clock())) pause = undefined
    },
    get() {
      const now = clock()
      const current = usable(now)
      if (!current) {
        if (pause && !flight && isPausedAt(now)) throw pause.error
        return refresh()
      }
      const { value, loadedAt } = current
      if (now - loadedAt < aheadMs) return value
      // Wait only for a source that worked last time: with a failing one every caller would wait for the time limit.
      if (!pause && now - loadedAt >= freshSeconds * 1000) return refreshed()
      refreshInBackground(now)
      return value
    },
  }
}
