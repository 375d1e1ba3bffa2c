import type { VNode } from 'preact'
import type { AdminScope } from '@countersign/admin'

/** In place of a part of a page that the reader may not see. */
export function Lacks({ scope }: { readonly scope: AdminScope }): VNode {
  return (
    <p class="soft">
      This needs the scope <code>{scope}</code>, which you do not have.
    </p>
  )
}
