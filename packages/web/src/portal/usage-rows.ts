// What the usage page shows, as rows of a file: one of each step.
import type { OperationOutput } from '@countersign/admin'
import { pointsOf } from '../shared/series-points.ts'
import type { Point } from '../shared/plots/geometry.ts'

type Usage = OperationOutput<'usage.series'>

export interface Counts {
  readonly good: readonly Point[]
  readonly refused: readonly Point[]
}

/** @param good the outcome that is not a refusal */
export function countsOf(usage: Usage, good: 'issued' | 'allowed'): Counts {
  return { good: pointsOf(usage, (key) => key === good), refused: pointsOf(usage, (key) => key !== good) }
}

const stepMs = { hour: 3_600_000, day: 86_400_000 } as const

export function usageRows(tokens: Usage, calls: Usage): (string | number | null)[][] {
  const [ofTokens, ofCalls] = [countsOf(tokens, 'issued'), countsOf(calls, 'allowed')]
  const outcomes = [...new Set([...tokens.series, ...calls.series].map(({ label }) => label))].filter(
    (label) => !/^(?:issued|allowed)$/.test(label),
  )
  const reasonAt = (usage: Usage, label: string, step: number) => usage.series.find((one) => one.label === label)?.points[step] ?? 0
  const rows: (string | number | null)[][] = [
    ['from (UTC)', 'tokens issued', 'token requests refused', 'calls allowed', 'calls refused', ...outcomes],
  ]
  for (const [step, issued] of ofTokens.good.entries()) {
    const row = [
      new Date(Date.parse(tokens.from) + step * stepMs[tokens.step]).toISOString(),
      issued,
      ofTokens.refused[step] ?? null,
      ofCalls.good[step] ?? null,
      ofCalls.refused[step] ?? null,
    ]
    for (const label of outcomes) row.push(reasonAt(tokens, label, step) + reasonAt(calls, label, step))
    rows.push(row)
  }
  return rows
}
