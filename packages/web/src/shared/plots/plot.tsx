// The frame of a plot with bars: its width, its cursor, its text and its table.
import type { ComponentChildren, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { AsTable, type TableText } from './as-table.tsx'
import { barAt, moveCursor } from './geometry.ts'
import { useWidth } from './use-width.ts'

export interface PlotProps {
  /** What the plot shows and the point of it, for those who do not see it. */
  readonly label: string
  readonly heightAt: (width: number) => number
  /** Where bars begin, in pixels. */
  readonly left: number
  /** How many bars there are at a width. */
  readonly barsAt: (width: number) => number
  /** Where the last bar ends; at the right edge by default. */
  readonly barsEndAt?: (width: number) => number
  readonly draw: (width: number, cursor: number | undefined) => ComponentChildren
  /** Reads one bar out. */
  readonly describe: (bar: number, width: number) => string
  readonly table: TableText
  /** Above the plot, at the right: direct labels with totals. */
  readonly beside?: ComponentChildren
}

/**
 * The cursor is a slider: screen readers pass the arrow keys to one, and read its value out whenever it moves, as they would a live region.
 */
export function Plot({ label, heightAt, left, barsAt, barsEndAt = (width) => width, draw, describe, table, beside }: PlotProps): VNode {
  const [element, width] = useWidth<HTMLDivElement>()
  const [cursor, setCursor] = useState<number>()
  const bars = width === 0 ? 0 : barsAt(width)
  const shown = cursor === undefined ? undefined : Math.min(cursor, bars - 1)
  const point = ({ offsetX }: PointerEvent) => setCursor(barAt(offsetX, left, barsEndAt(width) - left, bars))
  const press = (event: KeyboardEvent) => {
    const moved = moveCursor(event.key, shown ?? bars, bars)
    if (moved === undefined) return
    event.preventDefault()
    setCursor(moved)
  }
  return (
    <div class="plot">
      {beside}
      <div
        ref={element}
        class="drawing"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, bars - 1)}
        aria-valuenow={shown ?? Math.max(0, bars - 1)}
        aria-valuetext={bars === 0 ? 'no values' : describe(shown ?? bars - 1, width)}
        onKeyDown={press}
        onFocus={({ currentTarget }) => currentTarget.matches(':focus-visible') && setCursor(shown ?? bars - 1)}
        onBlur={() => setCursor(undefined)}
        onPointerMove={point}
        onPointerLeave={() => setCursor(undefined)}
      >
        <svg width={width} height={heightAt(width)} aria-hidden="true">
          {width > 0 && draw(width, shown)}
        </svg>
      </div>
      <AsTable {...table} />
      <span class="reading" aria-hidden="true">
        {shown !== undefined && describe(shown, width)}
      </span>
    </div>
  )
}
