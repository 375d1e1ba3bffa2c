import type { ComponentChildren, VNode } from 'preact'
import { BrandMark } from '../shared/components/icon.tsx'

/** The frame of what is shown without a session. */
export function Outside({ children }: { readonly children: ComponentChildren }): VNode {
  return (
    <main class="narrow">
      <div class="brand">
        <BrandMark /> Countersign
      </div>
      {children}
    </main>
  )
}
