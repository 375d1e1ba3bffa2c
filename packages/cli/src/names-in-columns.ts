// A message that names all values of an option: many of them are read in columns below it, and not in one long line.

const usualWidth = 100
const gap = '  '
const long = /\bexpected one of ((?:[\w.:-]+, ){11,}[\w.:-]*\w)/

/** @param width characters of a line */
export function putNamesInColumns(message: string, width = process.stderr.columns || usualWidth): string {
  const [whole, list] = long.exec(message) ?? []
  if (whole === undefined || list === undefined) return message
  return message.replace(whole, () => `expected one of\n${columnsOf(list.split(', '), width).join('\n')}\n`).replace(/\n\.?$/, '')
}

/** In the order of columns, as a person reads a sorted list. */
function columnsOf(names: readonly string[], width: number): string[] {
  const widest = Math.max(...names.map((name) => name.length))
  const columns = Math.max(1, Math.floor(width / (widest + gap.length)))
  const rows = Math.ceil(names.length / columns)
  return Array.from({ length: rows }, (_, row) => {
    const cells = names.filter((_name, index) => index % rows === row)
    return cells
      .map((name) => gap + name.padEnd(widest))
      .join('')
      .trimEnd()
  })
}
