// Fits a table to the width of a terminal. A line that wraps cannot be read as one of a table, and no value may be lost: columns that are
// the same in every row are said once, then ids and the columns that matter least go below their row.

export interface TableColumn {
  readonly heading: string
  readonly cells: readonly string[]
  /** Characters of a cell in the row; below the row it is whole. */
  readonly most?: number | undefined
}

interface Fitted {
  readonly columns: readonly TableColumn[]
  /** What is the same in every row, and so is said once. */
  readonly same: readonly TableColumn[]
  /** What is below each row. */
  readonly below: readonly TableColumn[]
}

/** Between two columns. */
export const gap = '  '

/** Undefined where the output is no terminal: a pipe, a file, or the log of a job. */
export function terminalWidth(): number | undefined {
  const { isTTY, columns } = process.stdout
  return isTTY && columns > 0 ? columns : undefined
}

/**
 * A table that is too wide loses, as far as is needed: the milliseconds of instants, empty columns, those that are the same in every row,
 * ids, the columns of `order`, then others from the right. The first that is left stays.
 * @param order headings, the least important first
 * @param width characters of a line
 */
export function fitColumns(all: readonly TableColumn[], order: readonly string[], width: number): Fitted {
  if (widthOf(all) <= width) return { columns: all, same: [], below: [] }
  const filled = all.map(toSeconds).filter(({ cells }) => cells.some((cell) => cell !== ''))
  let columns = filled
  const importance = ({ heading }: TableColumn) => (order.includes(heading) ? order.indexOf(heading) : order.length)
  const leastFirst = columns.toReversed().toSorted((a, b) => importance(a) - importance(b))
  const take = (candidates: readonly TableColumn[]): TableColumn[] => {
    const taken: TableColumn[] = []
    for (const candidate of candidates) {
      if (widthOf(columns) <= width) break
      if (columns.length === 1 || !columns.includes(candidate)) continue
      columns = columns.filter((column) => column !== candidate)
      taken.push(candidate)
    }
    return taken
  }
  const same = take(leastFirst.filter(isSame))
  const [first] = columns
  const others = leastFirst.filter((column) => column !== first)
  const below = take([...others.filter(isId), ...others.filter((column) => !isId(column))])
  // Where rows have a second line, it has the whole values, too.
  const whole = (column: TableColumn) => column === first || below.length === 0 || !isCut(column)
  const isBelow = (column: TableColumn) => below.includes(column) || (columns.includes(column) && !whole(column))
  return { columns: columns.filter(whole), same: filled.filter((column) => same.includes(column)), below: filled.filter(isBelow) }
}

/** Names and values, in lines of at most `width` characters that begin with two blanks; without those that are empty. */
export function linesBelow(facts: readonly (readonly [name: string, value: string])[], width: number): string[] {
  const shown = facts.filter(([, value]) => value !== '').map(([name, value]) => `${name.toLowerCase()}: ${value}`)
  const lines: string[] = []
  let isOpen = false
  for (const fact of shown) {
    const last = lines.at(-1) ?? ''
    if (isOpen && last.length + gap.length + fact.length <= width) lines[lines.length - 1] = `${last}${gap}${fact}`
    else {
      const broken = breakWords(fact, width - gap.length)
      lines.push(...broken.map((line) => `${gap}${line}`))
      isOpen = broken.length === 1
    }
  }
  return lines
}

/** A word that is longer than a line stays whole: it is something to copy. */
export function breakWords(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** At most so many characters, of which the last is "…" if any are missing. */
export function cutText(text: string, most: number): string {
  const letters = [...text]
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`
}

export function columnWidth({ heading, cells, most = Infinity }: TableColumn): number {
  return Math.max(heading.length, ...cells.map((cell) => Math.min(cell.length, most)))
}

function widthOf(columns: readonly TableColumn[]): number {
  return columns.reduce((sum, column) => sum + columnWidth(column) + gap.length, -gap.length)
}

export function isCut({ cells, most = Infinity }: TableColumn): boolean {
  return cells.some((cell) => [...cell].length > most)
}

function isSame({ cells }: TableColumn): boolean {
  return cells.length > 1 && cells.every((cell) => cell === cells[0])
}

const id = /^(?:[\da-f]{12}-[\da-f]{8}-[\da-f]{8}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})?$/

function isId({ cells }: TableColumn): boolean {
  return cells.every((cell) => id.test(cell))
}

const instant = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z$/

function toSeconds({ cells, ...column }: TableColumn): TableColumn {
  return { ...column, cells: cells.map((cell) => cell.replace(instant, '$1Z')) }
}
