// The steps of a guide: commands in blocks marked "sh", each with the output that the block marked "text" after it shows.

export interface Step {
  readonly line: number
  readonly commands: string
  expected: string
}

/** The commands of "sh" blocks, and the expected output in the "text" block after each. */
export function readSteps(text: string): Step[] {
  const steps: Step[] = []
  for (const { 1: language, 2: content = '', index } of text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    const last = steps.at(-1)
    if (language === 'sh') steps.push({ line: text.slice(0, index).split('\n').length, commands: content, expected: '' })
    if (language === 'text' && last) last.expected = content
  }
  return steps
}

/** The first line of the text that is missing from the output, in this order; "…" matches anything. */
export function findMissingLine(expected: string, printed: string): string | undefined {
  let rest = printed.split('\n')
  for (const line of expected.split('\n')) {
    if (line.replaceAll('…', '').trim() === '') continue
    const parts = line.split('…').map((part) => part.trim())
    const at = rest.findIndex((candidate) => holdsInOrder(candidate, parts))
    if (at === -1) return line
    rest = rest.slice(at + 1)
  }
  return undefined
}

function holdsInOrder(line: string, parts: readonly string[]): boolean {
  let from = 0
  for (const part of parts) {
    const at = line.indexOf(part, from)
    if (at === -1) return false
    from = at + part.length
  }
  return true
}
