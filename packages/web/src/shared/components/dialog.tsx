// A dialog over the page. It is drawn beside the pages, so that a page that is left, or read again, takes nothing of it away: it may show a
// secret that is shown only once.
import { signal } from '@preact/signals'
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon } from './icon.tsx'

interface Shown {
  readonly view: () => VNode
  /** Where the focus goes back to. */
  readonly opener: HTMLElement | null
}

const shown = signal<Shown | undefined>(undefined)

export function openDialog(view: () => VNode, opener = document.activeElement): void {
  shown.value = { view, opener: opener instanceof HTMLElement ? opener : null }
}

export function closeDialog(): void {
  const opener = shown.value?.opener
  shown.value = undefined
  // After the browser has closed it, which moves the focus by itself.
  setTimeout(() => {
    if (shown.value !== undefined) return
    const target = opener?.isConnected ? opener : document.querySelector<HTMLElement>('h1')
    target?.focus()
  })
}

export function isDialogOpen(): boolean {
  return shown.value !== undefined
}

export function DialogHost(): VNode | null {
  const View = shown.value?.view
  return View ? <View /> : null
}

export interface DialogProps {
  readonly title: ComponentChildren
  /** What closing would lose; undefined if it loses nothing. */
  readonly keep?: { readonly question: string; readonly leave: string; readonly stay: string } | undefined
  readonly onClose?: () => void
  readonly class?: string
  readonly children: ComponentChildren
}

export function Dialog({ title, keep, onClose = closeDialog, class: kind, children }: DialogProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  const [isAsked, setAsked] = useState(false)
  useLayoutEffect(() => {
    const { current } = dialog
    current?.showModal()
    focusFirstField(current)
    return () => current?.close()
  }, [])
  const leave = () => {
    if (keep) setAsked(true)
    else onClose()
  }
  return (
    <dialog
      ref={dialog}
      class={kind}
      aria-labelledby={heading}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.preventDefault()
        event.stopPropagation()
        if (isAsked && keep) setAsked(false)
        else leave()
      }}
      onCancel={(event) => {
        if (event.target !== event.currentTarget) return
        event.preventDefault()
        leave()
      }}
      // A browser may close it all the same, for example by a gesture.
      onClose={({ currentTarget }) => currentTarget.isConnected && shown.value !== undefined && currentTarget.showModal()}
    >
      <header class="top">
        <h2 id={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" class="bare" aria-label="Close" onClick={leave}>
          <Icon name="close" />
        </button>
      </header>
      {isAsked && keep && <Leaving {...keep} onLeave={onClose} onStay={() => setAsked(false)} />}
      {children}
    </dialog>
  )
}

interface LeavingProps {
  readonly question: string
  readonly leave: string
  readonly stay: string
  readonly onLeave: () => void
  readonly onStay: () => void
}

function Leaving({ question, leave, stay, onLeave, onStay }: LeavingProps): VNode {
  const first = useRef<HTMLButtonElement>(null)
  useEffect(() => first.current?.focus(), [])
  return (
    <div class="callout warn" role="alert">
      <p>{question}</p>
      <div class="row">
        <button type="button" ref={first} onClick={onStay}>
          {stay}
        </button>
        <button type="button" class="danger" onClick={onLeave}>
          {leave}
        </button>
      </div>
    </div>
  )
}

/** The first field, or the heading: the button that closes it would be read out first otherwise. */
function focusFirstField(within: HTMLElement | null): void {
  const fields = 'input:not([type="hidden"], :disabled), select:not(:disabled), textarea:not(:disabled)'
  const field = [...(within?.querySelectorAll<HTMLElement>(fields) ?? [])].find((one) => one.checkVisibility())
  ;(field ?? within?.querySelector<HTMLElement>('h2'))?.focus()
}
