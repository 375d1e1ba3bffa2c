// A value that lives elsewhere: kept while it is fresh, fetched once however many ask for it, and served for a while longer
// when its source fails. Knows nothing of what the value is.

export interface FreshValueOptions<Value> {
  /** Fetches the value; `previous` is the one that is still usable. Rejects for a failure and for a value that is no good. */
  readonly load: (previous: Value | undefined) => Promise<Value>
  readonly freshSeconds: number
  /** From this age on the value is fetched anew in the background. Default: `freshSeconds`, so never ahead of time. */
  readonly aheadSeconds?: number
  /** How long the value is served beyond its freshness while fetching fails. */
  readonly staleIfErrorSeconds: number
  /** The pause after a failed fetch while there is a value to serve. */
  readonly retrySeconds: number
  /** Milliseconds. */
  readonly clock: () => number
  /** Told of each failed fetch, also of those that no caller notices. */
  readonly onError: (error: Error) => void
}

export interface FreshValue<Value> {
  /** Rejects or throws where there is no usable value. */
  get(): Value | Promise<Value>
  /** Fetches now, or joins the fetch that is under way. */
  refresh(): Promise<Value>
  /** When the last fetch began, in milliseconds of the clock; `-Infinity` before the first. */
  readonly attemptedAt: number
  /** Why the last fetch failed; `undefined` if it did not. */
  readonly failure: Error | undefined
}

/** The pause after a failed fetch while there is nothing to serve: every caller is refused meanwhile. */
const emptyRetrySeconds = 1

export function createFreshValue<Value>(options: FreshValueOptions<Value>): FreshValue<Value> {
  const { load, freshSeconds, aheadSeconds = freshSeconds, staleIfErrorSeconds, retrySeconds, clock, onError } = options
  let held: { readonly value: Value; readonly loadedAt: number } | undefined
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
      const value = await load(usable()?.value)
      held = { value, loadedAt: startedAt } // What the source said may have changed while it answered.
      failure = undefined
      return value
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
      onError(failure)
      throw failure
    }
  }

  function refreshInBackground(): void {
    if (!flight && isPast(attemptedAt, retrySeconds)) refresh().catch(() => {}) // Told to onError.
  }

  // A clock that was set back makes an age negative: that is not fresh, and no reason to wait.
  function isPast(instant: number, seconds: number): boolean {
    const age = (clock() - instant) / 1000
    return age < 0 || age >= seconds
  }

  function usable(): typeof held {
    return held && (clock() - held.loadedAt) / 1000 < freshSeconds + staleIfErrorSeconds ? held : undefined
  }

  return {
    refresh,
    get attemptedAt() {
      return attemptedAt
    },
    get failure() {
      return failure
    },
    get() {
      const current = usable()
      if (!current) {
        if (failure && !flight && !isPast(attemptedAt, emptyRetrySeconds)) throw failure
        return refresh()
      }
      const { value, loadedAt } = current
      if (!isPast(loadedAt, aheadSeconds)) return value
      // Waiting is for a source that worked last time; one that fails would make every caller wait for its timeout.
      if (failure || !isPast(loadedAt, freshSeconds)) {
        refreshInBackground()
        return value
      }
      return refresh().catch(() => value)
    },
  }
}
