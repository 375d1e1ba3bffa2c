import type { VNode } from 'preact'
import type { PlotTone } from './bars.tsx'
import { round, stackParts, type Point } from './geometry.ts'

export interface TinyBarsProps {
  readonly points: readonly Point[]
  readonly tone?: PlotTone
  /** What it shows and the point of it; the only text of it. */
  readonly label: string
}

const pitch = 4
const height = 18

/** The last 24 hours in a row of a list: its form, not its numbers. */
export function TinyBars({ points, tone = 'new', label }: TinyBarsProps): VNode {
  const top = Math.max(1, ...points.map((point) => point ?? 0))
  const width = points.length * pitch
  return (
    <svg class="tiny" width={width} height={height} role="img" aria-label={label}>
      <line class="axis" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {points.map((point, at) => {
        const [part] = stackParts([point], { top }, height - 1, height - 2)
        return part && <rect key={at} class={`mark-${tone}`} x={round(at * pitch)} y={part.y} width={pitch - 1} height={part.height} />
      })}
    </svg>
  )
}
