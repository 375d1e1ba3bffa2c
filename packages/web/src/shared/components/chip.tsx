import type { ComponentChildren, VNode } from 'preact'

export type Tone = 'ok' | 'warn' | 'bad' | 'off' | 'go'

/** A state: a shape and a word, never a colour alone. At most one in a row. */
export function Chip({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }): VNode {
  return <span class={`chip ${tone}`}>{children}</span>
}
