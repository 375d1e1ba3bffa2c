// The life of a key as a line of states, evenly spaced: what was, what is, what comes. Its lengths mean nothing; its dates stand below.
import type { VNode } from 'preact'
import { round } from './geometry.ts'
import { widthOfText } from './place-labels.ts'
import { useWidth } from './use-width.ts'

export interface LineState {
  readonly name: string
  /** When it begins or began, in words; undefined if that is not known. */
  readonly at?: string | undefined
}

export interface StateLineProps {
  readonly states: readonly LineState[]
  /** Which of them is now. */
  readonly current: number
  /** Whose states they are. */
  readonly label: string
}

const radius = 6
const rowHeight = 40

export function StateLine({ states, current, label }: StateLineProps): VNode {
  const [element, width] = useWidth<HTMLDivElement>()
  const pitch = width / Math.max(1, states.length)
  const widest = Math.max(...states.flatMap(({ name, at = '' }) => [widthOfText(name), widthOfText(at)]))
  // Where texts have no room side by side, the line goes down.
  const isDown = widest * 1.1 + 8 > pitch
  const x = (index: number) => round(radius + 1 + (isDown ? 0 : index * pitch))
  const y = (index: number) => radius + 4 + (isDown ? index * rowHeight : 0)
  const textX = (index: number) => x(index) + (isDown ? 2 * radius + 4 : -radius)
  const textY = (index: number) => y(index) + (isDown ? 4 : 22)
  const words = states.map(({ name, at }, index) => `${name}${at === undefined ? '' : ` ${at}`}${index === current ? ' (now)' : ''}`)
  return (
    <div ref={element} class="drawing">
      <svg
        width={width}
        height={isDown ? y(states.length - 1) + (states.at(-1)?.at ? 22 : radius) + 4 : rowHeight + 8}
        role="img"
        aria-label={`${label}: ${words.join(', then ')}`}
      >
        {states.map(({ name, at }, index) => (
          <g key={name} class={index === current ? 'state-now' : index < current ? 'state-past' : 'state-next'}>
            {index + 1 < states.length && (
              <line
                x1={x(index) + (isDown ? 0 : radius)}
                x2={x(index + 1) - (isDown ? 0 : radius)}
                y1={y(index) + (isDown ? radius : 0)}
                y2={y(index + 1) - (isDown ? radius : 0)}
              />
            )}
            <circle cx={x(index)} cy={y(index)} r={radius} />
            <text class="ink" x={textX(index)} y={textY(index)}>
              {name}
            </text>
            {at !== undefined && (
              <text x={textX(index)} y={textY(index) + 14}>
                {at}
              </text>
            )}
          </g>
        ))}
      </svg>
    </div>
  )
}
