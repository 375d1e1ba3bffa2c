// A limit for what a function of the program does, such as ask a vault or sign by a KMS: it must not hold the callers forever.
import type { Clock } from './clock.ts'

export const functionTimeLimitMs = 5000

/** Rejects with an error of `toError` where `value` takes longer than {@link functionTimeLimitMs}; what comes of it later has no effect. */
export async function inTime<Value>(clock: Clock, value: Promise<Value>, toError: (reason: string) => Error): Promise<Value> {
  let stopTimer = () => {}
  const timeLimit = new Promise<never>((_, reject) => {
    stopTimer = clock.startTimer(() => reject(toError(`it took longer than ${functionTimeLimitMs / 1000} s`)), functionTimeLimitMs)
  })
  return Promise.race([value, timeLimit]).finally(stopTimer)
}
