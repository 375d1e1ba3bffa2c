// Limits how often a client may take a step of a rotation of its own secret: a start and a cancel stay in the audit log for ever, and each
// step waits for the lock of changes. Each node counts separately, and only requests of authenticated clients.
import { ProblemError } from '../errors.ts'

/** A client that waits for the end of the quiet period may try to confirm every minute. */
const stepsPerHour = { start: 20, cancel: 20, confirm: 120 } as const
const hour = 3_600_000
/** Bounds the memory. Clearing all counters at this size allows some steps too many. */
const maxCounters = 20_000

type LimitedStep = keyof typeof stepsPerHour

export interface StepLimit {
  /**
   * @param client its internal id
   * @throws ProblemError `rate-limited`
   */
  count(step: LimitedStep, client: string, now: number): void
}

export function createStepLimit(): StepLimit {
  const counted = new Map<string, { readonly since: number; steps: number }>()

  return {
    count(step, client, now) {
      const key = `${step} ${client}`
      let count = counted.get(key)
      // A count from the future was made while the clock was ahead.
      if (!count || Math.abs(now - count.since) >= hour) {
        if (counted.size >= maxCounters) forgetEnded(now)
        count = { since: now, steps: 0 }
        counted.set(key, count)
      }
      count.steps += 1
      if (count.steps > stepsPerHour[step]) throw tooMany(step, Math.ceil((count.since + hour - now) / 1000))
    },
  }

  function forgetEnded(now: number): void {
    for (const [key, { since }] of counted) if (Math.abs(now - since) >= hour) counted.delete(key)
    if (counted.size >= maxCounters) counted.clear()
  }
}

function tooMany(step: LimitedStep, retryAfterSeconds: number): ProblemError {
  return new ProblemError('rate-limited', {
    detail: `The client has asked to ${step} a rotation more than ${stepsPerHour[step]} times within an hour.`,
    remedy: 'Wait for the seconds in "Retry-After"; a rotation is started once, and confirmed when the new secret is in use.',
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}
