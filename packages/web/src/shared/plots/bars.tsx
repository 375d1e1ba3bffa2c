// Bars of an hour or a day, stacked: tokens issued and refused, uses of a client.
import type { VNode } from 'preact'
import { zone } from '../settings.ts'
import { groupPoints, groupSize, largestStack, round, scaleOf, stackParts, stepMs, sumOf, type Point, type Step } from './geometry.ts'
import { describeNumber, shortNumber } from './numbers.ts'
import { widthOfText } from './place-labels.ts'
import { Plot } from './plot.tsx'
import { describeBar, describePitch, timeTicks } from './time-axis.ts'

export type PlotTone = 'new' | 'old' | 'refused'

export interface BarSeries {
  readonly name: string
  readonly tone: PlotTone
  /** One of each step; null where nothing was counted. */
  readonly points: readonly Point[]
}

export interface BarsProps {
  /** From bottom to top. */
  readonly series: readonly BarSeries[]
  /** When the first step begins, as ISO 8601. */
  readonly from: string
  readonly step: Step
  readonly label: string
  /** Pixels. */
  readonly height?: number
}

const above = 18
const below = 20

export function Bars({ series, from, step, label, height = 140 }: BarsProps): VNode {
  const start = Date.parse(from)
  const steps = Math.max(0, ...series.map(({ points }) => points.length))
  const left = widthOfText(shortNumber(scaleOf(largestStack(series.map(({ points }) => points))).top)) + 14
  const sizeAt = (width: number) => groupSize(steps, width - left)
  const timeOf = (bar: number, size: number) => start + bar * size * stepMs[step]
  const valuesOf = (bar: number, size: number) => series.map(({ points }) => groupPoints(points, size)[bar] ?? null)
  return (
    <Plot
      label={`${label}. ${describeAll(series, start, step)}`}
      heightAt={() => height}
      left={left}
      barsAt={(width) => Math.ceil(steps / sizeAt(width))}
      describe={(bar, width) => {
        const size = sizeAt(width)
        return `${describeBar(timeOf(bar, size), step, size, zone.value)}: ${describeValues(series, valuesOf(bar, size))}`
      }}
      table={{
        caption: label,
        heads: [step === 'hour' ? 'Hour' : 'Day (UTC)', ...series.map(({ name }) => name)],
        rows: () =>
          Array.from({ length: steps }, (_, at) => [
            describeBar(timeOf(at, 1), step, 1, zone.value),
            ...valuesOf(at, 1).map(describeNumber),
          ]),
      }}
      beside={<Legend series={series} />}
      draw={(width, cursor) => {
        const size = sizeAt(width)
        const grouped = series.map(({ points }) => groupPoints(points, size))
        const bars = Math.ceil(steps / size)
        const scale = scaleOf(largestStack(grouped))
        const base = height - below
        const pitch = (width - left) / bars
        const yOf = (value: number) => round(base - (value / scale.top) * (base - above))
        return (
          <>
            {scale.lines.map((line) => (
              <g key={line}>
                <line class="axis" x1={left} x2={width} y1={yOf(line)} y2={yOf(line)} />
                {line > 0 && (
                  <text x={left - 6} y={yOf(line) + 4} text-anchor="end">
                    {shortNumber(line)}
                  </text>
                )}
              </g>
            ))}
            <text x={left - 6} y={base + 4} text-anchor="end">
              0
            </text>
            {timeTicks(start, start + steps * stepMs[step], step, width - left, zone.value).map(({ at, text }) => (
              <text key={at} x={left + ((at - start) / (steps * stepMs[step])) * (width - left)} y={height - 5}>
                {text}
              </text>
            ))}
            {Array.from({ length: bars }, (_, bar) =>
              stackParts(
                grouped.map((points) => points[bar] ?? null),
                scale,
                base,
                base - above,
              ).map(
                (part, index) =>
                  part && (
                    <rect
                      key={`${bar} ${index}`}
                      class={`mark-${series[index]!.tone}`}
                      x={round(left + bar * pitch)}
                      y={part.y}
                      width={round(Math.max(1, pitch - (pitch > 5 ? 1.5 : 0.5)))}
                      height={part.height}
                    />
                  ),
              ),
            )}
            {grouped[0]?.some((point) => point === null) && (
              <text class="nothing" x={left + 6} y={base - 6}>
                no data
              </text>
            )}
            {cursor !== undefined && (
              <rect class="cursor" x={round(left + cursor * pitch)} y={above} width={round(pitch)} height={base - above} />
            )}
            <text class="pitch" x={width} y={10} text-anchor="end">
              {describePitch(step, size)}
            </text>
          </>
        )
      }}
    />
  )
}

function Legend({ series }: { readonly series: readonly BarSeries[] }): VNode {
  return (
    <span class="legend">
      {series.map(({ name, tone, points }) => (
        <span key={name}>
          <svg width="9" height="9" aria-hidden="true">
            <rect class={`mark-${tone}`} width="9" height="9" />
          </svg>
          {name} {describeNumber(sumOf(points))}
        </span>
      ))}
    </span>
  )
}

function describeValues(series: readonly BarSeries[], values: readonly Point[]): string {
  if (values.every((value) => value === null)) return 'no data'
  return series.map(({ name }, index) => `${describeNumber(values[index] ?? 0)} ${name}`).join(', ')
}

/** The point of the plot in words: the totals, and when the most was. */
function describeAll(series: readonly BarSeries[], start: number, step: Step): string {
  const totals = series.map(({ name, points }) => `${describeNumber(sumOf(points))} ${name}`).join(', ')
  const most = largestStack(series.map(({ points }) => points))
  if (most === 0) return totals
  const at = series[0]!.points.findIndex((_, bar) => sumOf(series.map(({ points }) => points[bar] ?? null)) === most)
  return `${totals}. The most, ${describeNumber(most)}: ${describeBar(start + at * stepMs[step], step, 1, zone.value)}.`
}
