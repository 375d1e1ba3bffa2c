import type { VNode } from 'preact'

/** Grey lines for what is being read; they appear after 150 ms. */
export function Skeleton({ lines = 6 }: { readonly lines?: number }): VNode {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} />
      ))}
    </div>
  )
}
