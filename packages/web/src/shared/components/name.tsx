import type { VNode } from 'preact'
import { spellOutInvisible } from '@countersign/admin/visible-text'

/** A name that a person typed: its direction stays inside it, and characters that cannot be seen are shown as marks. */
export function Name({ children }: { readonly children: string }): VNode {
  return <bdi>{spellOutInvisible(children)}</bdi>
}
