import type { ComponentChildren, VNode } from 'preact'
import { spellOutInvisible } from '@countersign/admin/visible-text'

/** The API takes at most 200 characters for a name, and 500 for a reason; earlier versions took more. */
const maxShown = 600

/** A name that a person typed: its direction stays inside it, and characters that cannot be seen are shown as marks. */
export function Name({ children }: { readonly children: string }): VNode {
  const isLong = children.length > maxShown
  return <bdi>{wrapAtSlashes(isLong ? `${spellOutInvisible(children.slice(0, maxShown))}…` : spellOutInvisible(children))}</bdi>
}

/** A path or an address that is too long for its line goes on after a slash, not within a word. */
function wrapAtSlashes(text: string): ComponentChildren {
  return text.split(/(?<=\/)(?=[\w{])/).map((part, at) => [at > 0 && <wbr />, part])
}
