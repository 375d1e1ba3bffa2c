// Fits a table to the width of a terminal. A line that wraps cannot be read as one of a table; what has to be copied stays whole.

export interface TableColumn {
  readonly heading: string
  readonly cells: readonly string[]
}

interface Fitted {
  readonly columns: readonly TableColumn[]
  /** The headings of columns with values that had no room. */
  readonly leftOut: readonly string[]
}

/** Between two columns. */
export const gap = '  '
/** Fewer characters tell nothing. */
const leastWidth = 8

/** Undefined where the output is no terminal: a pipe, a file, or the log of a job. */
export function terminalWidth(): number | undefined {
  const { isTTY, columns } = process.stdout
  return isTTY && columns > 0 ? columns : undefined
}

/**
 * A table that is too wide loses, as far as is needed: the milliseconds of instants, empty columns, the ends of long values, whole columns.
 * @param shorten the headings of the columns that may be cut or left out, the least important first. Never of ids that are copied.
 * @param width characters of a line
 */
export function fitColumns(columns: readonly TableColumn[], shorten: readonly string[], width: number): Fitted {
  if (widthOf(columns) <= width) return { columns, leftOut: [] }
  const filled = columns.map(toSeconds).filter(({ heading, cells }) => !shorten.includes(heading) || cells.some((cell) => cell !== ''))
  const present = shorten.filter((heading) => filled.some((column) => column.heading === heading))
  for (let count = 0; count <= present.length; count++) {
    const leftOut = present.slice(0, count)
    const cut = cutValues(
      filled.filter(({ heading }) => !leftOut.includes(heading)),
      present,
      width,
    )
    if (widthOf(cut) <= width) return { columns: cut, leftOut }
  }
  return { columns: cutValues(filled, present, width), leftOut: [] }
}

function cutValues(columns: readonly TableColumn[], shorten: readonly string[], width: number): readonly TableColumn[] {
  let over = widthOf(columns) - width
  const widths = new Map<string, number>()
  for (const heading of shorten) {
    const column = columns.find((one) => one.heading === heading)
    if (over <= 0 || !column || column.cells.some(isInstant)) continue
    const present = columnWidth(column)
    const left = Math.max(Math.min(present, Math.max(leastWidth, heading.length)), present - over)
    over -= present - left
    widths.set(heading, left)
  }
  return columns.map(({ heading, cells }) => {
    const most = widths.get(heading)
    return { heading, cells: most === undefined ? cells : cells.map((cell) => cutText(cell, most)) }
  })
}

/** At most so many characters, of which the last is "…" if any are missing. */
export function cutText(text: string, most: number): string {
  const letters = [...text]
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`
}

export function columnWidth({ heading, cells }: TableColumn): number {
  return Math.max(heading.length, ...cells.map((cell) => cell.length))
}

function widthOf(columns: readonly TableColumn[]): number {
  return columns.reduce((sum, column) => sum + columnWidth(column) + gap.length, -gap.length)
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/

function isInstant(cell: string): boolean {
  return instant.test(cell)
}

function toSeconds({ heading, cells }: TableColumn): TableColumn {
  return { heading, cells: cells.map((cell) => (isInstant(cell) ? cell.replace(/\.\d+Z$/, 'Z') : cell)) }
}
