// Takes what a plot shows out of the answer of `usage.series`.
import type { OperationOutput } from '@countersign/admin'
import type { Point } from './plots/geometry.ts'

type Usage = OperationOutput<'usage.series'>

const hourMs = 3_600_000

/** Of a series that is not in the answer, because nothing was counted: zeros, and null before anything was counted at all. */
export function pointsOf(usage: Usage, isWanted: (key: string | null) => boolean): Point[] {
  const steps = (Date.parse(usage.to) - Date.parse(usage.from)) / (usage.step === 'hour' ? hourMs : 24 * hourMs)
  const known = usage.countedSince === null ? Infinity : Date.parse(usage.countedSince)
  const stepLength = (Date.parse(usage.to) - Date.parse(usage.from)) / Math.max(1, steps)
  const found = usage.series.filter(({ key }) => isWanted(key))
  return Array.from({ length: steps }, (_, step) => {
    if (Date.parse(usage.from) + step * stepLength < known) return null
    return found.reduce((sum, { points }) => sum + (points[step] ?? 0), 0)
  })
}

/** The first instant of so many full hours up to the one that runs, as text: the same for an hour, so that it can be part of a read. */
export function hoursAgo(hours: number, nowMs: number): string {
  return new Date(nowMs - (nowMs % hourMs) - (hours - 1) * hourMs).toISOString()
}
