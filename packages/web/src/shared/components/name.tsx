import type { VNode } from 'preact'
import { spellOutInvisible } from '@countersign/admin/visible-text'

/** The API takes at most 200 characters for a name, and 500 for a reason; earlier versions took more. */
const maxShown = 600

/** A name that a person typed: its direction stays inside it, and characters that cannot be seen are shown as marks. */
export function Name({ children }: { readonly children: string }): VNode {
  const isLong = children.length > maxShown
  return <bdi>{isLong ? `${spellOutInvisible(children.slice(0, maxShown))}…` : spellOutInvisible(children)}</bdi>
}
