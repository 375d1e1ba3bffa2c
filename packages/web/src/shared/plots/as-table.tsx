// The values of a plot as a table, made when it is opened.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'

export interface TableText {
  readonly caption: string
  readonly heads: readonly string[]
  /** The first cell of a row names it. */
  readonly rows: () => readonly (readonly string[])[]
}

export function AsTable({ caption, heads, rows }: TableText): VNode {
  const [isOpen, setOpen] = useState(false)
  return (
    <details class="as-table small" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && (
        <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
          <table>
            <caption class="unseen">{caption}</caption>
            <thead>
              <tr>
                {heads.map((head, column) => (
                  <th key={head} scope="col" class={column === 0 ? undefined : 'num'}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows().map(([name, ...cells]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {cells.map((cell, column) => (
                    <td key={column} class="num">
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  )
}
