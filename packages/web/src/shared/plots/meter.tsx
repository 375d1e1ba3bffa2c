import type { VNode } from 'preact'
import type { PlotTone } from './bars.tsx'
import { round } from './geometry.ts'
import { describeNumber } from './numbers.ts'

export interface MeterProps {
  readonly value: number
  readonly max: number
  /** What is counted. */
  readonly label: string
  readonly tone?: PlotTone
  /** Pixels. */
  readonly width?: number
}

const height = 8

/** A part of a whole, beside its number in a row of a table. */
export function Meter({ value, max, label, tone = 'new', width = 120 }: MeterProps): VNode {
  const share = max <= 0 ? 0 : Math.min(1, Math.max(0, value / max))
  const filled = share === 0 ? 0 : Math.max(1, round(share * width))
  return (
    <svg class="tiny" width={width} height={height} role="img" aria-label={`${label}: ${describeNumber(value)} of ${describeNumber(max)}`}>
      <rect class="track" width={width} height={height} rx="2" />
      <rect class={`mark-${tone}`} width={filled} height={height} rx="2" />
    </svg>
  )
}
