// The button of a change. What the reader may not do, or what cannot be done now, keeps its place: its reason is read out, and shown when
// the button has the focus or the pointer.
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'

export interface ActButtonProps {
  readonly label: string
  readonly tone?: 'primary' | 'danger' | undefined
  /** Why it cannot be done; undefined if it can. */
  readonly reason?: string | undefined
  /** Always shown, where the reason is a step of its own. */
  readonly isTold?: boolean | undefined
  readonly onOpen: (button: HTMLElement) => void
  /** It will probably be opened. */
  readonly onSoon?: () => void
}

export function ActButton({ label, tone, reason, isTold, onOpen, onSoon }: ActButtonProps): VNode {
  const hint = useId()
  if (reason === undefined)
    return (
      <button type="button" class={tone} onClick={({ currentTarget }) => onOpen(currentTarget)} onPointerEnter={onSoon} onFocus={onSoon}>
        {label}
      </button>
    )
  return (
    <span class={isTold ? 'told' : 'held'}>
      <button type="button" class={tone} aria-disabled="true" aria-describedby={hint}>
        {label}
      </button>
      <small id={hint}>{reason}</small>
    </span>
  )
}
