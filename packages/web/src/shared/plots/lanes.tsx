// The two lanes of a rotation: how often the new secret was used, filled, and the old one, hatched; with what marks its course: now, the
// last use of the old secret, from when it can be ended, and when it ends by itself.
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import { zone } from '../settings.ts'
import { groupPoints, groupSize, largestStack, round, stackParts, stepMs, type Point } from './geometry.ts'
import { floorHour, laneRange } from './lane-range.ts'
import { describeNumber, shortNumber } from './numbers.ts'
import { placeLabels, widthOfText } from './place-labels.ts'
import { Plot } from './plot.tsx'
import { describeBar, describePitch, timeTicks } from './time-axis.ts'
import { describeMoment } from '../describe-time.ts'

export interface Lane {
  /** The last four characters of the secret. */
  readonly lastFour: string
  /** Uses by hour; null where nothing was counted. */
  readonly points: readonly Point[]
}

export interface LanesProps {
  readonly fresh: Lane
  readonly old: Lane
  /** When the first hour of the points begins. Instants are texts as of ISO 8601. */
  readonly from: string
  readonly now: string
  readonly startedAt: string
  readonly windowEndsAt: string
  readonly oldLastUsedAt: string | null
  /** From when the old secret can be ended; null if nothing is known, or if it can be ended already. */
  readonly earliestEndAt: string | null
  readonly label: string
}

const laneHeight = 52
const between = 12
const below = 20
const rowHeight = 14

export function Lanes({ fresh, old, from, now, startedAt, windowEndsAt, oldLastUsedAt, earliestEndAt, label }: LanesProps): VNode {
  const pattern = useId()
  const nowMs = Date.parse(now)
  const range = laneRange(Date.parse(startedAt), nowMs, Date.parse(windowEndsAt))
  const steps = (floorHour(nowMs) + stepMs.hour - range.from) / stepMs.hour
  const lanes = [fresh, old].map(({ points }) => cut(points, Date.parse(from), range.from, steps))
  const names = [`new …${fresh.lastFour}`, `old …${old.lastFour}`]
  // The names are bold.
  const left = Math.max(...names.map(widthOfText)) + 28
  const toX = (at: number, width: number) => round(left + ((at - range.from) / (range.to - range.from)) * (width - left))
  const sizeAt = (width: number) => groupSize(steps, toX(range.from + steps * stepMs.hour, width) - left)
  const timeOf = (bar: number, size: number) => range.from + bar * size * stepMs.hour
  const clock = (at: string) => describeMoment(at, nowMs, zone.value)
  const marks = (width: number) => [
    { x: toX(nowMs, width), text: 'now', name: 'now' },
    ...(oldLastUsedAt !== null && Date.parse(oldLastUsedAt) >= range.from
      ? [{ x: toX(Date.parse(oldLastUsedAt), width), text: `old last used ${clock(oldLastUsedAt)}`, name: 'last' }]
      : []),
    ...(earliestEndAt !== null && Date.parse(earliestEndAt) < range.to
      ? [{ x: toX(Date.parse(earliestEndAt), width), text: `can end ${clock(earliestEndAt)}`, name: 'earliest' }]
      : []),
    {
      x: range.isCut ? width - 1 : toX(Date.parse(windowEndsAt), width),
      text: `ends ${clock(windowEndsAt)}${range.isCut ? ' →' : ''}`,
      name: 'end',
    },
  ]
  const layOut = (width: number) => {
    const placed = placeLabels(marks(width), width)
    const top = (Math.max(...placed.map(({ row }) => row)) + 1) * rowHeight
    const bases = [top + laneHeight, top + 2 * laneHeight + between] as const
    return { placed, top, bases, height: bases[1] + below }
  }
  return (
    <Plot
      label={label}
      heightAt={(width) => layOut(width).height}
      left={left}
      barsAt={(width) => Math.ceil(steps / sizeAt(width))}
      barsEndAt={(width) => toX(timeOf(Math.ceil(steps / sizeAt(width)), sizeAt(width)), width)}
      describe={(bar, width) => {
        const size = sizeAt(width)
        const [ofNew, ofOld] = lanes.map((points) => groupPoints(points, size)[bar] ?? null)
        return `${describeBar(timeOf(bar, size), 'hour', size, zone.value)}: new ${describeNumber(ofNew!)}, old ${describeNumber(ofOld!)}`
      }}
      table={{
        caption: label,
        heads: ['Hour', `New …${fresh.lastFour}`, `Old …${old.lastFour}`],
        rows: () =>
          Array.from({ length: steps }, (_, hour) => [
            describeBar(timeOf(hour, 1), 'hour', 1, zone.value),
            ...lanes.map((points) => describeNumber(points[hour] ?? null)),
          ]),
      }}
      draw={(width, cursor) => {
        const size = sizeAt(width)
        const grouped = lanes.map((points) => groupPoints(points, size))
        const scale = { top: Math.max(1, largestStack([grouped[0]!]), largestStack([grouped[1]!])) }
        const pitch = toX(timeOf(1, size), width) - left
        const { placed, top, bases, height } = layOut(width)
        return (
          <>
            <defs>
              <pattern id={pattern} width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect class="mark-old" width="2" height="4" />
              </pattern>
            </defs>
            {timeTicks(range.from, range.to, 'hour', width - left, zone.value).map(({ at, text }) => (
              <g key={at}>
                <line class="axis" x1={toX(at, width)} x2={toX(at, width)} y1={top} y2={bases[1]} />
                <text x={toX(at, width) + 3} y={height - 5}>
                  {text}
                </text>
              </g>
            ))}
            {grouped.map((points, lane) => (
              <g key={names[lane]}>
                <line class="axis" x1={left} x2={width} y1={bases[lane]} y2={bases[lane]} />
                <text class="ink" x={0} y={bases[lane]! - 18}>
                  {names[lane]}
                </text>
                <text x={0} y={bases[lane]! - 4}>
                  {describeRate(lanes[lane]!)}
                </text>
                {points.map((point, bar) => {
                  const [part] = stackParts([point], scale, bases[lane]!, laneHeight)
                  return (
                    part && (
                      <rect
                        key={bar}
                        class={lane === 0 ? 'mark-new' : 'outline-old'}
                        {...(lane === 1 && { fill: `url(#${pattern})` })}
                        x={round(left + bar * pitch)}
                        y={part.y}
                        width={round(Math.max(1, Math.min(pitch - 1, toX(nowMs, width) - left - bar * pitch)))}
                        height={part.height}
                      />
                    )
                  )
                })}
              </g>
            ))}
            {placed.map(({ x, text, row, textX }, index) => {
              const { name } = marks(width)[index]!
              return (
                <g key={name} class={`line-${name}`}>
                  <line x1={x} x2={x} y1={row * rowHeight + 3} y2={bases[1]} />
                  <text x={textX} y={row * rowHeight + 11}>
                    {text}
                  </text>
                </g>
              )
            })}
            {cursor !== undefined && (
              <rect class="cursor" x={round(left + cursor * pitch)} y={top} width={round(pitch)} height={bases[1] - top} />
            )}
            <text class="pitch" x={0} y={height - 5}>
              {describePitch('hour', size)}
            </text>
          </>
        )
      }}
    />
  )
}

/** The points of the hours that are shown; null for those that were not asked for. */
function cut(points: readonly Point[], from: number, shownFrom: number, steps: number): Point[] {
  const skipped = (shownFrom - from) / stepMs.hour
  return Array.from({ length: steps }, (_, hour) => points[hour + skipped] ?? null)
}

/** Of the last full hour: the one that runs has too few. */
function describeRate(points: readonly Point[]): string {
  return `${shortNumber(points.at(-2) ?? points.at(-1) ?? 0)} / h`
}
