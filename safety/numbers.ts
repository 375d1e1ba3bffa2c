// The numbers in titles of tests (`abuse 036: …`, `fault 2.3: …`, `seed 003: …`), and the tables that name the files of these tests.
export const documents = { abuse: 'conformance/abuse-cases.md', fault: 'conformance/faults.md', seed: 'docs/systems.md' } as const
export type Kind = keyof typeof documents

const numberPattern: Readonly<Record<Kind, RegExp>> = { abuse: /^\d{3}$/, fault: /^\d+\.\d+$/, seed: /^\d{3}$/ }

export interface Title {
  readonly kind: Kind
  /** The text between the kind and the colon; the whole rest if there is no colon. */
  readonly number: string
  readonly path: string
}

export interface Row {
  readonly line: number
  readonly number: string
  /** The last cell: paths in backticks, "not built yet", or "under" and another number. */
  readonly testedIn: string
}

/** Titles also occur in tables of cases, so every string literal counts that begins with a kind and a digit. */
export function readTitles(path: string, text: string): Title[] {
  const titles = text.matchAll(/(['"`])(abuse|fault|seed) (\d[^:'"`\n]*)/g)
  return Array.from(titles, ([, , kind, number = '']) => ({ kind: kind as Kind, number, path }))
}

export function isNumber({ kind, number }: Pick<Title, 'kind' | 'number'>): boolean {
  return numberPattern[kind].test(number)
}

/** The rows of every table whose last column is "tested in". */
export function readRows(document: string): Row[] {
  const rows: Row[] = []
  let isInTable = false
  for (const [index, text] of document.split('\n').entries()) {
    if (text.endsWith('| tested in |')) isInTable = true
    else if (!text.startsWith('|')) isInTable = false
    else if (isInTable && !text.startsWith('|---')) {
      const cells = text.split('|').map((cell) => cell.trim())
      rows.push({ line: index + 1, number: cells[1] ?? '', testedIn: cells.at(-2) ?? '' })
    }
  }
  return rows
}

/** The required changes to the document of `kind`, each as an instruction; empty if rows and titles agree. */
export function findCorrections(kind: Kind, rows: readonly Row[], titles: readonly Title[]): string[] {
  const files = filesByNumber(titles.filter((title) => title.kind === kind))
  const known = new Set(rows.map(({ number }) => number))
  const missing = [...files].filter(([number]) => !known.has(number))
  return [
    ...rows.flatMap((row) => correctionOf(kind, row, files)),
    ...rows
      .filter(({ number }, index) => rows.findIndex((row) => row.number === number) < index)
      .map(({ line, number }) => `${documents[kind]}:${line}: remove the second row ${number}`),
    ...missing.map(
      ([number, paths]) => `${documents[kind]}: add a row ${number} that ends with "| ${cellOf(paths)} |", or correct the title`,
    ),
  ]
}

function correctionOf(kind: Kind, { line, number, testedIn }: Row, files: ReadonlyMap<string, readonly string[]>): string[] {
  const place = `${documents[kind]}:${line}`
  if (!isNumber({ kind, number })) return [`${place}: "${number}" is not a number of this table; write one such as ${example[kind]}`]
  const expected = files.get(number)
  const elsewhere = /^under (\S+)$/.exec(testedIn)?.[1]
  const isRight = expected
    ? testedIn.split(', ').toSorted().join(', ') === cellOf(expected)
    : testedIn === notBuilt || (elsewhere !== undefined && files.has(elsewhere))
  return isRight ? [] : [`${place}: in row ${number} set "tested in" to: ${expected ? cellOf(expected) : notBuilt}`]
}

const example: Readonly<Record<Kind, string>> = { abuse: '036', fault: '2.3', seed: '003' }
const notBuilt = 'not built yet'

function cellOf(paths: readonly string[]): string {
  return paths
    .map((path) => `\`${path}\``)
    .toSorted()
    .join(', ')
}

function filesByNumber(titles: readonly Title[]): Map<string, readonly string[]> {
  const numbers = new Set(titles.map(({ number }) => number))
  return new Map(
    [...numbers].map((number) => [number, [...new Set(titles.filter((title) => title.number === number).map(({ path }) => path))]]),
  )
}
