// A cached remote value: fetched once for concurrent callers, refreshed when it is no longer fresh, and served stale for a
// while if its source fails (stale-if-error, RFC 5861 §4). Does not know what the value is.

export interface FreshValueOptions<Value> {
  /** Fetches the value; `previous` is the one that is still usable. Rejects for a failure and for an invalid value. */
  readonly load: (previous: Value | undefined) => Promise<Value>
  readonly freshSeconds: number
  /** From this age on the value is refreshed in the background. Default: `freshSeconds`, so never ahead of time. */
  readonly aheadSeconds?: number
  /** How long a stale value is served while fetching fails. */
  readonly staleIfErrorSeconds: number
  /** The pause after a failed fetch while there is a value to serve. */
  readonly retrySeconds: number
  /** How old the value already was when the source answered: it is served that much shorter. Default: 0. */
  readonly ageSecondsOf?: (value: Value) => number
  /** Milliseconds; never goes back. */
  readonly clock: () => number
  /** Called for each failed fetch, including those in the background. */
  readonly onError: (error: Error) => void
}

export interface FreshValue<Value> {
  /** Fetches if there is no usable value; rejects if that fails, and throws if a fetch failed within the last second. */
  get(): Value | Promise<Value>
  /** Fetches now, or joins the pending fetch. */
  refresh(): Promise<Value>
  /** When the last fetch began, in milliseconds of the clock; `-Infinity` before the first. */
  readonly attemptedAt: number
  /** Why the last fetch failed; `undefined` if it did not. */
  readonly failure: Error | undefined
  /** Ends the pause after a failure, because its cause may be gone. */
  retryNow(): void
}

/** The pause after a failed fetch without a usable value: callers fail immediately during it. */
const emptyRetrySeconds = 1

export function createFreshValue<Value>(options: FreshValueOptions<Value>): FreshValue<Value> {
  const { load, freshSeconds, aheadSeconds = freshSeconds, staleIfErrorSeconds, retrySeconds, clock, onError } = options
  const { ageSecondsOf = () => 0 } = options
  const aheadMs = aheadSeconds * 1000
  let held: { readonly value: Value; readonly loadedAt: number; readonly usableUntil: number } | undefined
  let attemptedAt = -Infinity
  let failure: Error | undefined
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
      failure = undefined
      return value
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
      onError(failure)
      throw failure
    }
  }

  function refreshInBackground(now: number): void {
    if (!flight && isPast(attemptedAt, retrySeconds, now)) refresh().catch(() => {}) // Reported to onError.
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
      return failure
    },
    retryNow() {
      failure = undefined
    },
    get() {
      const now = clock()
      const current = usable(now)
      if (!current) {
        if (failure && !flight && !isPast(attemptedAt, emptyRetrySeconds, now)) throw failure
        return refresh()
      }
      const { value, loadedAt } = current
      if (now - loadedAt < aheadMs) return value
      // Wait only for a source that worked last time: with a failing one every caller would wait for the time limit.
      if (!failure && isPast(loadedAt, freshSeconds, now)) return refreshed()
      refreshInBackground(now)
      return value
    },
  }
}

function isPast(instant: number, seconds: number, now: number): boolean {
  return now - instant >= seconds * 1000
}
