// Usage as a table with a small graph in each line, and as CSV for spreadsheets.
import type { OperationOutput } from '@countersign/admin'
import { terminalWidth } from './fit-columns.ts'
import { formatFacts, formatTable } from './output.ts'

type Usage = OperationOutput<'usage.series'>

interface Asked {
  readonly realm: string
  readonly client?: string | undefined
  readonly organization?: string | undefined
  readonly by?: string | undefined
  readonly what?: string | undefined
}

/** Characters of a graph: fewer in a narrow terminal. */
const usualWidth = 48
const leastWidth = 12
const bars = '▁▂▃▄▅▆▇█'

export function describeUsage(
  usage: Usage,
  { realm, client, organization, by = 'outcome', what }: Asked,
  columns = terminalWidth() ?? Infinity,
): string {
  const of = [client, organization].filter((one) => one !== undefined).map((one) => ` of "${one}"`)
  const range = `${usage.from} to ${usage.to}, by ${usage.step}`
  if (usage.series.length === 0) return `None: nothing was counted in "${realm}"${of.join('')} from ${range}.\n${whyNone(usage, by, realm)}`
  const headings = [by.toUpperCase(), 'TOTAL', 'LAST STEP']
  const numbers = usage.series.map(({ label, total, points }) => [label, String(total), String(points.at(-1) ?? 0)])
  const [longest = ''] = formatTable(headings, numbers, { width: Infinity })
    .split('\n')
    .toSorted((a, b) => b.length - a.length)
  const width = Math.max(leastWidth, Math.min(usualWidth, columns - longest.length - 2))
  const rows = numbers.map((cells, index) => cells.concat(drawGraph(usage.series[index]!.points, width)))
  const table = formatTable([...headings, 'COURSE'], rows, { width: columns })
  return `${realm}${of.join('')}, ${range}\n\n${table}\n\n${describeTotals(usage, by, what)}`
}

/** One for each kind that was asked for: a token request and a call are not the same, so they have no sum. */
function describeTotals({ totals }: Usage, by: string, what: string | undefined): string {
  const only = by === 'credential' ? 'token' : by === 'route' ? 'call' : what
  const facts: [string, string][] = []
  if (only !== 'call') facts.push(['token requests', String(totals.tokens)])
  if (only !== 'token') facts.push(['calls', String(totals.calls)])
  return formatFacts(facts)
}

function whyNone({ countedSince, step }: Usage, by: string, realm: string): string {
  if (by === 'route') return `Next: calls are what guards report; see "countersign guard list --realm ${realm}" for those that do.`
  if (countedSince === null) return 'Next: numbers are written every 10 seconds; run the command again after the first token.'
  return `Next: choose another range with --since or --from; the first ${step} with numbers began at ${countedSince}.`
}

/** Neighbouring steps share a character if there are too many. A blank is unknown, a dot is zero. */
export function drawGraph(points: readonly (number | null)[], width = usualWidth): string {
  const perCharacter = Math.ceil(points.length / width)
  const sums: (number | null)[] = []
  for (let start = 0; start < points.length; start += perCharacter) {
    const known = points.slice(start, start + perCharacter).filter((point) => point !== null)
    sums.push(known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0))
  }
  const highest = Math.max(1, ...sums.map((sum) => sum ?? 0))
  return sums
    .map((sum) => {
      if (sum === null) return ' '
      return sum === 0 ? '·' : bars[Math.ceil((sum / highest) * bars.length) - 1]
    })
    .join('')
}

export function usageAsCsv({ step, from, series }: Usage): string {
  const stepMs = step === 'hour' ? 3_600_000 : 86_400_000
  const rows = series.flatMap(({ key, label, points }) =>
    points.flatMap((count, index) =>
      count === null ? [] : [[new Date(Date.parse(from) + index * stepMs).toISOString(), key ?? '', label, String(count)]],
    ),
  )
  return [['start', 'key', 'label', 'count'], ...rows].map((row) => row.map(csvCell).join(',')).join('\n')
}

/** A spreadsheet would run a cell that begins like a formula. */
export function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
