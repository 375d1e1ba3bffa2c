// A list that is read again must not move under the pointer: what was shown stays until it is asked for what is newer.
import { useRef, useState } from 'preact/hooks'

interface Listed {
  readonly id: string
}

interface ListPage<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

interface Held<Page> {
  /** Of the question: another one is another list. */
  readonly key: string
  readonly shown: Page
  readonly latest: Page
}

/** What is shown, how many items are newer than that, and how to show them. @param key of the question: filters, page */
export function useHeld<Item extends Listed, Page extends ListPage<Item>>(
  latest: Page,
  key: string,
): { readonly shown: Page; readonly newer: number; readonly showNewer: () => void } {
  const held = useRef<Held<Page>>(undefined)
  const [, redraw] = useState(0)
  held.current = hold(held.current, latest, key)
  return {
    shown: held.current.shown,
    newer: countNewer(held.current.shown.items, latest.items),
    showNewer: () => {
      held.current = { key, shown: latest, latest }
      redraw((count) => count + 1)
    },
  }
}

export function hold<Page>(before: Held<Page> | undefined, latest: Page, key: string): Held<Page> {
  if (!before) return { key, shown: latest, latest }
  if (before.key === key) return { ...before, latest }
  // Until the answer to the new question comes, the page has that to the one before.
  return latest === before.latest ? before : { key, shown: latest, latest }
}

/** Items of the latest list before the first one that was shown. All of them if that is not among them any more. */
export function countNewer(shown: readonly Listed[], latest: readonly Listed[]): number {
  const [first] = shown
  if (!first) return latest.length
  const index = latest.findIndex(({ id }) => id === first.id)
  return index === -1 ? latest.length : index
}
