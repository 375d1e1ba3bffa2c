// Where the marks of a plot are: pure functions of values and a width in pixels. A plot is drawn anew for its width and never scaled, so
// that texts and lines stay as large as they are elsewhere.

/** Null: nothing was counted then, which is not the same as zero. */
export type Point = number | null
export type Step = 'hour' | 'day'

export const stepMs: Readonly<Record<Step, number>> = { hour: 3_600_000, day: 86_400_000 }

/** Bars of a plot, at most. */
export const maxBars = 720

export interface Scale {
  /** The value at the upper edge. */
  readonly top: number
  /** At most three, from zero to the top. */
  readonly lines: readonly number[]
}

/** From zero, to a round number that no value exceeds. @param max the largest value */
export function scaleOf(max: number): Scale {
  if (max <= 0) return { top: 1, lines: [0] }
  const magnitude = 10 ** Math.floor(Math.log10(max))
  const top = Math.max(
    1,
    [1, 2, 4, 6, 8, 10].map((factor) => factor * magnitude).find((round) => round >= max)!,
  )
  return { top, lines: Number.isInteger(top / 2) ? [0, top / 2, top] : [0, top] }
}

const groupSizes = [1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 168]

/**
 * How many steps one bar stands for, so that bars are neither too thin nor too many.
 * @param minPitch pixels from one bar to the next
 */
export function groupSize(steps: number, width: number, minPitch = 4): number {
  const fits = (size: number) => steps / size <= Math.min(maxBars, width / minPitch)
  return groupSizes.find(fits) ?? Math.ceil(steps / Math.max(1, Math.min(maxBars, Math.floor(width / minPitch))))
}

/** Sums of consecutive points; a group is unknown only if all of its points are. */
export function groupPoints(points: readonly Point[], size: number): Point[] {
  if (size === 1) return [...points]
  return Array.from({ length: Math.ceil(points.length / size) }, (_, group) => {
    const known = points.slice(group * size, (group + 1) * size).filter((point) => point !== null)
    return known.length === 0 ? null : known.reduce((sum, point) => sum + point, 0)
  })
}

export function sumOf(points: readonly Point[]): number {
  return points.reduce<number>((sum, point) => sum + (point ?? 0), 0)
}

/** The largest sum of what is stacked in one bar. */
export function largestStack(series: readonly (readonly Point[])[]): number {
  const bars = Math.max(0, ...series.map((points) => points.length))
  let largest = 0
  for (let bar = 0; bar < bars; bar++) largest = Math.max(largest, sumOf(series.map((points) => points[bar] ?? null)))
  return largest
}

export interface Part {
  readonly y: number
  readonly height: number
}

/**
 * The parts of one bar from bottom to top, undefined where there is nothing to draw. Something is never drawn as nothing: it is a pixel
 * high at least.
 * @param base the y of zero @param height that of the scale's top
 */
export function stackParts(values: readonly Point[], { top }: Pick<Scale, 'top'>, base: number, height: number): (Part | undefined)[] {
  let y = base
  return values.map((value) => {
    if (value === null || value <= 0) return undefined
    const part = Math.max(1, round((value / top) * height))
    y = round(y - part)
    return { y, height: part }
  })
}

/** To a tenth of a pixel. */
export function round(pixels: number): number {
  return Math.round(pixels * 10) / 10
}

/** The bar under an x; undefined outside. */
export function barAt(x: number, left: number, width: number, bars: number): number | undefined {
  const bar = Math.floor(((x - left) / width) * bars)
  return bar >= 0 && bar < bars ? bar : undefined
}

/** Where a key moves the cursor; undefined for a key that does not move it. */
export function moveCursor(key: string, at: number, bars: number): number | undefined {
  const moves: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageUp: at + Math.ceil(bars / 8),
    PageDown: at - Math.ceil(bars / 8),
    Home: 0,
    End: bars - 1,
  }
  const moved = moves[key]
  return moved === undefined ? undefined : Math.max(0, Math.min(bars - 1, moved))
}
