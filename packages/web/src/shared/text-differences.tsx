// What is different between two versions of a text, line by line; unchanged lines far from a change are counted only.
import { Fragment, type VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import { spellOutInvisible } from '@countersign/admin/visible-text'
import { countOf } from './count.ts'
import { areSame, rowsOf, type Line } from './text-hunks.ts'

export function TextDifferences({ before, after }: { readonly before: string; readonly after: string }): VNode {
  const rows = useMemo(() => rowsOf(before, after), [before, after])
  if (areSame(rows)) return <p class="soft">The texts of both versions are the same.</p>
  return (
    <div class="differences" role="group" aria-label="Differences between the two texts" dir="auto">
      {rows.map((row, index) =>
        row.kind === 'left out' ? (
          <p key={index} class="soft small">
            {countOf(row.count, 'line')} unchanged
          </p>
        ) : (
          <DifferentLine key={index} line={row} />
        ),
      )}
    </div>
  )
}

function DifferentLine({ line: { kind, parts } }: { readonly line: Line }): VNode {
  const words = parts.map(({ kind: part, text }, index) =>
    part === 'same' || parts.length === 1 ? (
      <Fragment key={index}>{spellOutInvisible(text)}</Fragment>
    ) : (
      <mark key={index}>{spellOutInvisible(text)}</mark>
    ),
  )
  if (kind === 'gone') return <del>{words}</del>
  if (kind === 'new') return <ins>{words}</ins>
  return <p>{words}</p>
}
