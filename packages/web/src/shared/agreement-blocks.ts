// The text of an agreement as blocks: headings, lists, paragraphs and links, a small part of Markdown. What is not in it stays as it was
// written. Every text ends up as text in the page, never as HTML.

/** `**so**` is strong; a link is `[text](https://…)` or a bare address. */
export type Span = { readonly text: string; readonly href?: string; readonly isStrong?: true }

export interface ListItem {
  /** What was written before it: an agreement is quoted by its numbers. */
  readonly number?: number
  readonly spans: readonly Span[]
  readonly within: readonly Block[]
}

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly spans: readonly Span[] }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | { readonly kind: 'list'; readonly isNumbered: boolean; readonly items: readonly ListItem[] }

interface Line {
  readonly indent: number
  readonly text: string
}

/** Deeper lists stay at this depth. */
const deepest = 6

export function blocksOf(text: string): Block[] {
  return blocksOfLines(linesOf(text).map(lineOf), 0)
}

/** Windows, Unix and old Mac. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/)
}

function lineOf(written: string): Line {
  const text = written.trimStart()
  const before = written.slice(0, written.length - text.length)
  const tabs = before.split('\t').length - 1
  return { indent: before.length + tabs * 3, text: text.trimEnd() }
}

function blocksOfLines(lines: readonly Line[], depth: number): Block[] {
  const blocks: Block[] = []
  let at = 0
  while (at < lines.length) {
    const { text } = lines[at]!
    const heading = readHeading(text)
    if (text === '') at++
    else if (heading) {
      blocks.push({ kind: 'heading', level: heading.level, spans: spansOf(heading.words) })
      at++
    } else if (itemPattern.test(text) && depth < deepest) {
      const list = readList(lines, at, depth)
      blocks.push(list.block)
      at = list.end
    } else {
      let end = at + 1
      while (end < lines.length && !beginsBlock(lines[end]!.text)) end++
      blocks.push({ kind: 'paragraph', spans: spansOf(joined(lines.slice(at, end))) })
      at = end
    }
  }
  return blocks
}

const headingPattern = /^(#{1,6})\s+(?=\S)/
const itemPattern = /^(?:[-*+]|(\d{1,6})[.)])\s+(?=\S)/
/** A clause such as `1.2 Words`: a paragraph of its own, also without a blank line before it. */
const clausePattern = /^\d{1,4}(?:\.\d{1,4})+\.?\s+\S/

/** Without the marks that may close it. Not by a pattern: one that looks for an end at each place takes hours for a long line of spaces. */
function readHeading(text: string): { readonly level: number; readonly words: string } | undefined {
  const mark = headingPattern.exec(text)
  if (!mark) return undefined
  const words = text.slice(mark[0].length)
  let end = words.length
  while (words[end - 1] === '#') end--
  return { level: mark[1]!.length, words: words.slice(0, end).trimEnd() || words[0]! }
}

function beginsBlock(text: string): boolean {
  return text === '' || headingPattern.test(text) || itemPattern.test(text) || clausePattern.test(text)
}

function readList(lines: readonly Line[], start: number, depth: number): { readonly block: Block; readonly end: number } {
  const { indent } = lines[start]!
  const isNumbered = numberOf(lines[start]!.text) !== undefined
  const items: ListItem[] = []
  let at = start
  while (at < lines.length) {
    const { text } = lines[at]!
    const mark = itemPattern.exec(text)
    if (!mark || lines[at]!.indent > indent + 1 || (numberOf(text) !== undefined) !== isNumbered) break
    let end = at + 1
    while (end < lines.length && belongsToItem(lines, end, indent)) end++
    const first = lines.slice(at + 1, end).findIndex((line) => beginsBlock(line.text))
    const spoken = first < 0 ? end : at + 1 + first
    const number = numberOf(text)
    items.push({
      ...(number !== undefined && { number }),
      spans: spansOf(joined([{ indent, text: text.slice(mark[0].length) }, ...lines.slice(at + 1, spoken)])),
      within: blocksOfLines(lines.slice(spoken, end), depth + 1),
    })
    at = end
  }
  return { block: { kind: 'list', isNumbered, items }, end: at }
}

/** Lines that stand further in, their blank lines, and the rest of a sentence that goes on at the margin. */
function belongsToItem(lines: readonly Line[], at: number, indent: number): boolean {
  const { text, indent: own } = lines[at]!
  if (text !== '') return own > indent + 1 || (lines[at - 1]!.text !== '' && !beginsBlock(text))
  const next = lines.slice(at + 1, at + 50).find((line) => line.text !== '')
  return next !== undefined && next.indent > indent + 1
}

function numberOf(text: string): number | undefined {
  const written = itemPattern.exec(text)?.[1]
  return written === undefined ? undefined : Number(written)
}

function joined(lines: readonly Line[]): string {
  return lines.map(({ text }) => text).join(' ')
}

const spanPattern =
  /\[([^[\]]{1,300})\]\(((?:https?:\/\/|mailto:)[^()\s]{1,2000})\)|\*\*([^*]{1,2000})\*\*|(https?:\/\/[^\s<>()[\]]{1,2000})/g

export function spansOf(text: string): Span[] {
  const spans: Span[] = []
  let at = 0
  for (const found of text.matchAll(spanPattern)) {
    const [whole, words, href, strong, bare] = found
    // A full stop behind a bare address ends the sentence.
    const address = bare?.replace(/[.,;:!?]+$/, '')
    if (found.index > at) spans.push({ text: text.slice(at, found.index) })
    if (address !== undefined) spans.push({ text: address, href: address })
    else if (strong !== undefined) spans.push({ text: strong, isStrong: true })
    else spans.push({ text: words!, href: href! })
    at = found.index + (address ?? whole).length
  }
  if (at < text.length) spans.push({ text: text.slice(at) })
  return spans
}
