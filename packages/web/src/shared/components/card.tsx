import type { ComponentChildren, VNode } from 'preact'

export interface CardProps {
  readonly title?: ComponentChildren
  /** At the right of the title, such as a link to the whole list. */
  readonly beside?: ComponentChildren
  /** For links to this part of a page. */
  readonly id?: string
  readonly children: ComponentChildren
}

export function Card({ title, beside, id, children }: CardProps): VNode {
  return (
    <section class="card" id={id}>
      {title !== undefined && (
        <header>
          <h2>{title}</h2>
          {beside}
        </header>
      )}
      {children}
    </section>
  )
}

/** A number with what it counts; a link if there is more to see. */
export function Figure({ value, children }: { readonly value: ComponentChildren; readonly children: ComponentChildren }): VNode {
  return (
    <div class="card figure">
      <strong>{value}</strong>
      <span class="soft">{children}</span>
    </div>
  )
}

export function Callout({
  tone = 'go',
  children,
}: {
  readonly tone?: 'go' | 'ok' | 'warn' | 'bad'
  readonly children: ComponentChildren
}): VNode {
  return <div class={`callout ${tone}`}>{children}</div>
}

/** What would be here, and how it comes. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }): VNode {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children && <p class="soft">{children}</p>}
    </div>
  )
}
