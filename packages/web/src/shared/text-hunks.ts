// Differences of two texts as a page shows them: a few equal lines around each place, the rest counted; in a line that was rewritten, its words.
import { linesOf } from './agreement-blocks.ts'
import { differencesOf, type Difference } from './line-diff.ts'

/** Of a line: its words. One that was not rewritten is one part. */
export interface Line {
  readonly kind: Difference['kind']
  readonly parts: readonly Difference[]
}

export type Row = Line | { readonly kind: 'left out'; readonly count: number }

const shownAround = 2

export function rowsOf(before: string, after: string): Row[] {
  const lines = withWords(differencesOf(linesOf(before), linesOf(after)))
  const rows: Row[] = []
  for (let at = 0; at < lines.length; at++) {
    const isNear = lines.slice(Math.max(0, at - shownAround), at + shownAround + 1).some(({ kind }) => kind !== 'same')
    const last = rows.at(-1)
    if (isNear) rows.push(lines[at]!)
    else if (last?.kind === 'left out') rows[rows.length - 1] = { kind: 'left out', count: last.count + 1 }
    else rows.push({ kind: 'left out', count: 1 })
  }
  return rows
}

export function areSame(rows: readonly Row[]): boolean {
  return rows.every(({ kind }) => kind === 'same' || kind === 'left out')
}

/** Lines that went are compared with those that came in their place, one by one. */
function withWords(differences: readonly Difference[]): Line[] {
  const lines: Line[] = []
  for (let at = 0; at < differences.length;) {
    const gone = runOf(differences, at, 'gone')
    const come = runOf(differences, at + gone.length, 'new')
    if (gone.length === 0 && come.length === 0) {
      lines.push(whole(differences[at++]!))
      continue
    }
    const pairs = gone.map(({ text }, index) => (come[index] ? rewritten(text, come[index].text) : undefined))
    lines.push(...gone.map((line, index) => pairs[index]?.gone ?? whole(line)))
    lines.push(...come.map((line, index) => pairs[index]?.come ?? whole(line)))
    at += gone.length + come.length
  }
  return lines
}

function runOf(differences: readonly Difference[], start: number, kind: Difference['kind']): readonly Difference[] {
  let end = start
  while (differences[end]?.kind === kind) end++
  return differences.slice(start, end)
}

function whole(difference: Difference): Line {
  return { kind: difference.kind, parts: [difference] }
}

/** Undefined if they have too little in common for their words to say something. */
function rewritten(before: string, after: string): { readonly gone: Line; readonly come: Line } | undefined {
  const words = differencesOf(wordsOf(before), wordsOf(after))
  const kept = words.filter(({ kind, text }) => kind === 'same' && text.trim() !== '').length
  if (kept * 2 < words.filter(({ text }) => text.trim() !== '').length - kept) return undefined
  return {
    gone: { kind: 'gone', parts: merged(words.filter(({ kind }) => kind !== 'new')) },
    come: { kind: 'new', parts: merged(words.filter(({ kind }) => kind !== 'gone')) },
  }
}

function wordsOf(line: string): string[] {
  return line.split(/(\s+)/).filter((part) => part !== '')
}

function merged(parts: readonly Difference[]): Difference[] {
  const all: Difference[] = []
  for (const part of parts) {
    const last = all.at(-1)
    if (last?.kind === part.kind) all[all.length - 1] = { kind: part.kind, text: last.text + part.text }
    else all.push(part)
  }
  return all
}
