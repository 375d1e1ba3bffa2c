// A cached remote value: fetched once for concurrent callers, refreshed when it is no longer fresh, and served stale for a
// while if its source fails (stale-if-error, RFC 5861 §4). Does not know what the value is.
import { nextPause, type RetryPause } from './retry-pause.ts'

export interface FreshValueOptions<Value> {
  /**
   * Fetches the value; `previous` is the one that is still usable. Rejects for a failure and for an invalid value.
   * @param isOvertaken whether the fetch was given up for another: then what it brings changes nothing
   */
  readonly load: (previous: Value | undefined, isOvertaken: () => boolean) => Promise<Value>
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
  /** Takes a value that the source sent by itself at `sentAt`, in milliseconds of the clock; ignored if it is older than the held one. */
  accept(value: Value, sentAt: number): void
  /** From then on the value is refreshed in the background, by a fetch that begins no earlier. Milliseconds of the clock. */
  refreshFrom(at: number): void
  /**
   * The source was going to tell of changes by itself, and cannot any more: from `at` on a value is fresh for half a second, until the next
   * one that is accepted, for a minute at most. Milliseconds of the clock.
   */
  doubtFrom(at: number): void
  /** How long ago the source knew what is held, in seconds; `undefined` before the first value. */
  readonly ageSeconds: number | undefined
  /** How long the held value may still be used if no other comes, in seconds. */
  readonly usableSeconds: number
  /** Resolves when no fetch is under way; never rejects. */
  settled(): Promise<void>
  /** The fetch that is under way. */
  readonly pending: Promise<Value> | undefined
  /** When the last fetch began, in milliseconds of the clock; `-Infinity` before the first. */
  readonly attemptedAt: number
  /** Why the last fetch failed; `undefined` if it did not. */
  readonly failure: Error | undefined
  /** Whether the pause after a failed fetch lasts. */
  readonly isPaused: boolean
  /** Ends the pause after a failure, because its cause may be gone; not one that the server asked for. */
  retryNow(): void
}

interface Held<Value> {
  readonly value: Value
  readonly loadedAt: number
  readonly aheadAt: number
  readonly usableUntil: number
}

/** Of the second within which a guard that had the feed hears of a change; the rest is for the exchange. */
const doubtedMs = 500
/** A guard that has no feed for longer asks as one that never had it, or a server that refuses streams would be asked all the time. */
const maxDoubtMs = 60_000

/**
 * A fetch has limits of time, three of which fit into this. One that takes longer does not end: a worker drops it with the request that began
 * it, if that is cut off.
 */
export const lostMs = 30_000

export function createFreshValue<Value>(options: FreshValueOptions<Value>): FreshValue<Value> {
  const { load, freshSeconds, aheadSeconds = freshSeconds, staleIfErrorSeconds, clock, random, onError } = options
  const { ageSecondsOf = () => 0 } = options
  const aheadMs = aheadSeconds * 1000
  let held: Held<Value> | undefined
  let dueAt = Infinity
  let attemptedAt = -Infinity
  let attempts = 0
  let pause: RetryPause | undefined
  let flight: Promise<Value> | undefined
  let doubtedFrom: number | undefined

  function refresh(): Promise<Value> {
    const running = pending()
    if (running) return running
    const started: Promise<Value> = attempt().finally(() => {
      if (flight === started) flight = undefined
    })
    return (flight = started)
  }

  function pending(): Promise<Value> | undefined {
    return flight && clock() - attemptedAt < lostMs ? flight : undefined
  }

  async function attempt(): Promise<Value> {
    const startedAt = clock()
    attemptedAt = startedAt
    const number = ++attempts
    const isOvertaken = () => number !== attempts
    if (dueAt <= startedAt) dueAt = Infinity
    try {
      const value = await load(usable(startedAt)?.value, isOvertaken)
      if (isOvertaken()) return value
      // From the start of the fetch, not its end: the value may have changed since the source read it.
      hold(value, startedAt)
      pause = undefined
      return value
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      if (isOvertaken()) throw error
      pause = nextPause(pause, { error, startedAt, now: clock() }, random)
      onError(error)
      throw error
    }
  }

  /** Unless a newer one was sent while this one was fetched. */
  function hold(value: Value, loadedAt: number): void {
    if (held && loadedAt < held.loadedAt) return
    const usableSeconds = freshSeconds + staleIfErrorSeconds - ageSecondsOf(value)
    const usableUntil = loadedAt + usableSeconds * 1000
    held = { value, loadedAt, aheadAt: Math.min(loadedAt + aheadMs, dueAt), usableUntil }
  }

  function staleAt(loadedAt: number, now: number): number {
    const usual = loadedAt + freshSeconds * 1000
    if (doubtedFrom === undefined || now - doubtedFrom > maxDoubtMs) return usual
    return Math.min(usual, Math.max(doubtedFrom, loadedAt + doubtedMs))
  }

  function endPause(): void {
    if (!pause?.isAsked || !isPausedAt(clock())) pause = undefined
  }

  function refreshInBackground(now: number): void {
    if (!pending() && !isPausedAt(now)) refresh().catch(() => {}) // Reported to onError.
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
    async settled() {
      for (let running = pending(); running; running = pending()) await running.catch(() => {})
    },
    get pending() {
      return pending()
    },
    get attemptedAt() {
      return attemptedAt
    },
    get failure() {
      return pause?.error
    },
    get isPaused() {
      return isPausedAt(clock())
    },
    retryNow: endPause,
    accept(value, sentAt) {
      hold(value, sentAt)
      doubtedFrom = undefined
      endPause()
    },
    refreshFrom(at) {
      dueAt = Math.min(dueAt, at)
      if (held) held = { ...held, aheadAt: Math.min(held.aheadAt, dueAt) }
    },
    doubtFrom(at) {
      doubtedFrom = at
    },
    get ageSeconds() {
      return held && (clock() - held.loadedAt) / 1000 + ageSecondsOf(held.value)
    },
    get usableSeconds() {
      return held ? Math.max(0, (held.usableUntil - clock()) / 1000) : 0
    },
    get() {
      const now = clock()
      const current = usable(now)
      if (!current) {
        if (pause && !pending() && isPausedAt(now)) throw pause.error
        return refresh()
      }
      const { value, loadedAt, aheadAt } = current
      const isStale = now >= staleAt(loadedAt, now)
      if (now < aheadAt && !isStale) return value
      // Wait only for a source that worked last time: with a failing one every caller would wait for the time limit.
      if (!pause && isStale) return refreshed()
      refreshInBackground(now)
      return value
    },
  }
}
