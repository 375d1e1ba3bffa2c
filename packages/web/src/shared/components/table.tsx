// A list: rows of a page of the API. Below 860 px each row is a block, with the main column first and the label before each other cell.
import { toChildArray, type ComponentChildren, type VNode } from 'preact'
import { useLocation } from 'preact-iso'
import { useQueryMembers } from '../links.tsx'

export interface ColumnProps<Item> {
  readonly title: string
  readonly cell: (item: Item) => ComponentChildren
  /** The column that names the row. */
  readonly main?: boolean
  /** Aligned to the right. */
  readonly number?: boolean
}

/** Describes a column; {@link Table} reads it, and it is never drawn. */
export function Column<Item>(_props: ColumnProps<Item>): VNode | null {
  return null
}

/** Columns whose cells say by themselves what they are: no label before them. */
const plain = /^(Id|State|When|Next|Answer|Change|Value|Scopes|Accepted|Asks for|Explanation|Share|What changes it)$/

export interface TableProps<Item> {
  readonly of: { readonly items: readonly Item[]; readonly next?: string | null }
  readonly keyOf?: (item: Item) => string
  /** For a screen reader, if no heading says it. */
  readonly label?: string
  readonly empty?: ComponentChildren
  readonly children: ComponentChildren
}

export function Table<Item>({ of: { items, next }, keyOf, label, empty, children }: TableProps<Item>): VNode {
  const columns = (toChildArray(children) as VNode<ColumnProps<Item>>[]).map(({ props }) => props)
  if (items.length === 0 && empty)
    return (
      <>
        {empty}
        <Pager next={next} />
      </>
    )
  return (
    <>
      <div class="scroll">
        <table class="stack" aria-label={label}>
          <thead>
            <tr>
              {columns.map(({ title, number }) => (
                <th key={title} scope="col" class={number ? 'num' : undefined}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item, row) => (
              <tr key={keyOf?.(item) ?? row}>
                {columns.map(({ title, cell, number, main }) =>
                  main ? (
                    <th key={title} scope="row">
                      {cell(item)}
                    </th>
                  ) : (
                    <td key={title} data-label={plain.test(title) ? undefined : title} class={number ? 'num' : undefined}>
                      {cell(item)}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pager next={next} />
    </>
  )
}

export function Pager({ next }: { readonly next: string | null | undefined }): VNode | null {
  const { query } = useLocation()
  const change = useQueryMembers()
  if (!next && !query['after']) return null
  return (
    <nav class="row pager" aria-label="Pages of this list">
      {query['after'] && (
        <button type="button" data-page="first" onClick={() => change({ after: undefined })}>
          First page
        </button>
      )}
      {next && (
        <button type="button" data-page="next" onClick={() => change({ after: next })}>
          Next page
        </button>
      )}
    </nav>
  )
}
