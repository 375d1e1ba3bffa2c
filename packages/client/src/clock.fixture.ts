// A clock that stands still until a test moves it.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from './clock.ts'

export interface HandClock extends Clock {
  /** Moves time forward, fires the timers on the way in order, and lets everything that waits for them run. */
  readonly advance: (seconds: number) => Promise<void>
  readonly wallNow: () => number
  /** Sets the wall clock, forward or back. Forward is also what a program sees after a suspension of the machine. */
  readonly setWallClock: (seconds: number) => void
  readonly pendingTimers: () => number
}

export function createHandClock(): HandClock {
  let now = 1_000_000
  let set = Date.UTC(2026, 2, 3)
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  return {
    now: () => now,
    wallNow: () => now + set,
    setWallClock: (seconds) => void (set += seconds * 1000),
    startTimer: (callback, delayMs) => {
      const timer = { at: now + delayMs, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance: async (seconds) => {
      const end = now + seconds * 1000
      await nextTurn()
      for (;;) {
        const next = [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        timers.delete(next)
        now = next.at
        next.callback()
        await nextTurn()
      }
      now = end
      await nextTurn()
    },
    pendingTimers: () => timers.size,
  }
}
