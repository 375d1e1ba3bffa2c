import type { VNode } from 'preact'
import { useLocation } from 'preact-iso'

export interface Tab {
  /** Its value in the address; the empty one is the default. */
  readonly value: string
  readonly name: string
  readonly count?: number | string | undefined
}

/** Parts of one list, as links: which one is shown is in the address. @param name the member of the query */
export function Tabs({ name, tabs, label }: { readonly name: string; readonly tabs: readonly Tab[]; readonly label: string }): VNode {
  const { path, query } = useLocation()
  const shown = query[name] ?? ''
  return (
    <nav class="row tabs" aria-label={label}>
      {tabs.map(({ value, name: word, count }) => (
        <a
          key={value}
          href={value === '' ? path : `${path}?${new URLSearchParams({ [name]: value })}`}
          aria-current={value === shown ? 'true' : undefined}
        >
          {word}
          {count !== undefined && <span class="soft"> {count}</span>}
        </a>
      ))}
    </nav>
  )
}
