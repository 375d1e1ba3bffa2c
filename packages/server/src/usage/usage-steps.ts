// The steps of usage, in UTC: an hour and a day begin everywhere at the same instant, also where the time is changed in summer.

export type UsageStep = 'hour' | 'day'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

export const stepMs: Readonly<Record<UsageStep, number>> = { hour: hourMs, day: dayMs }

/** How long counts of a step are kept. */
export const keptMs: Readonly<Record<UsageStep, number>> = { hour: 8 * dayMs, day: 400 * dayMs }

/** When the step began that an instant is in. */
export function startOf(step: UsageStep, at: number): number {
  return at - (at % stepMs[step])
}
