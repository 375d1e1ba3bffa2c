// Runs work at regular intervals, and earlier where its next step is due before: after each run and after a change elsewhere it asks when.

export interface StepTimer {
  /** Runs now, after a run that is under way. */
  run(): Promise<void>
  /** Runs shortly after the start, when the first requests have been answered. */
  start(): void
  /** Asks for the next step again, within a second: something changed. */
  reconsider(): void
  /** Waits for a run that is under way. */
  stop(): Promise<void>
}

export interface StepTimerOptions {
  readonly run: () => Promise<void>
  readonly intervalMs: number
  /** Milliseconds until the next step, as of now; may be infinite or negative. @throws any error */
  readonly untilNext: () => number
  readonly onFailure: (error: unknown) => void
  /** Milliseconds that are never set. */
  readonly monotonicClock?: () => number
}

const firstRunMs = 5000
/** Between two runs. */
const leastMs = 1000

export function createStepTimer(options: StepTimerOptions): StepTimer {
  const { run, intervalMs, untilNext, onFailure, monotonicClock = () => performance.now() } = options
  let lastRun: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let changed: NodeJS.Timeout | undefined
  /** When the timer fires; infinite if it does not. */
  let firesAt = Infinity
  let isRunning = false

  const runNext = () => (lastRun = lastRun.catch(() => {}).then(run))

  function fireIn(milliseconds: number): void {
    clearTimeout(timer)
    firesAt = monotonicClock() + milliseconds
    timer = setTimeout(() => {
      firesAt = Infinity
      void runNext().catch(onFailure).finally(scheduleNext)
    }, milliseconds).unref()
  }

  function scheduleNext(): void {
    if (isRunning) fireIn(Math.max(leastMs, Math.min(intervalMs, nextOrLater())))
  }

  /** A clock that must not be used fails the next run, which says so. */
  function nextOrLater(): number {
    try {
      return untilNext()
    } catch {
      return Infinity
    }
  }

  return {
    run: runNext,
    start() {
      isRunning = true
      fireIn(Math.min(firstRunMs, intervalMs))
    },
    reconsider() {
      if (!isRunning || changed) return
      changed = setTimeout(() => {
        changed = undefined
        const milliseconds = Math.max(0, nextOrLater())
        if (isRunning && monotonicClock() + milliseconds < firesAt && firesAt < Infinity) fireIn(milliseconds)
      }, leastMs).unref()
    },
    async stop() {
      isRunning = false
      clearTimeout(timer)
      clearTimeout(changed)
      await lastRun.catch(() => {})
    },
  }
}
