// Limits how often a client may start or cancel a rotation of its own secret: each one stays in the audit log for ever. Each node
// counts separately, and only requests of authenticated clients.
import { ProblemError } from '../errors.ts'

const stepsPerHour = 20
const hour = 3_600_000
/** Bounds the memory. Clearing all counters at this size allows some steps too many. */
const maxClientsCounted = 10_000

type LimitedStep = 'start' | 'cancel'

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
      if (!count || now - count.since >= hour) {
        if (counted.size >= maxClientsCounted * 2) forgetEnded(now)
        count = { since: now, steps: 0 }
        counted.set(key, count)
      }
      count.steps += 1
      if (count.steps > stepsPerHour) throw tooMany(step, Math.ceil((count.since + hour - now) / 1000))
    },
  }

  function forgetEnded(now: number): void {
    for (const [key, { since }] of counted) if (now - since >= hour) counted.delete(key)
    if (counted.size >= maxClientsCounted * 2) counted.clear()
  }
}

function tooMany(step: LimitedStep, retryAfterSeconds: number): ProblemError {
  return new ProblemError('rate-limited', {
    detail: `The client has asked for the ${step} of a rotation more than ${stepsPerHour} times within an hour.`,
    remedy: 'Wait for the seconds in "Retry-After"; a rotation is started once, and confirmed when the new secret is in use.',
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}
