// What a dialog looks like, and how it is left. The first page has only what opens it (open-dialog.tsx).
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon } from './icon.tsx'
import { closeDialog, isDialogOpen } from './open-dialog.tsx'

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
  useBackButton(leave, keep !== undefined)
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
      onClose={({ currentTarget }) => currentTarget.isConnected && isDialogOpen() && currentTarget.showModal()}
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

/** Back would put another page under the dialog: what was typed for one client must not be sent from the page of another. */
function useBackButton(leave: () => void, isKept: boolean): void {
  const latest = useRef({ leave, isKept })
  latest.current = { leave, isKept }
  useLayoutEffect(() => {
    const { href } = location
    const place = () => globalThis.navigation?.currentEntry?.index ?? 0
    const began = place()
    const onBack = (event: PopStateEvent) => {
      if (location.href === href) return
      if (latest.current.isKept) {
        event.stopImmediatePropagation()
        history.go(began - place() || 1)
      }
      latest.current.leave()
    }
    // Before the pages hear of it.
    addEventListener('popstate', onBack, true)
    return () => removeEventListener('popstate', onBack, true)
  }, [])
  useLayoutEffect(() => {
    if (!isKept) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isKept])
}

interface LeavingProps {
  readonly question: string
  readonly leave: string
  readonly stay: string
  readonly onLeave: () => void
  readonly onStay: () => void
}

/** What leaving would lose, and the choice. */
export function Leaving({ question, leave, stay, onLeave, onStay }: LeavingProps): VNode {
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
