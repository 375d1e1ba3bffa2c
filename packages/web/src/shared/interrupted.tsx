// A session ended while a page was open: a dialog over the page, so that nothing that was typed is lost.
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { isInterrupted } from './session.ts'

export function Interrupted({ children }: { readonly children: ComponentChildren }): VNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = isInterrupted.value
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  return (
    <dialog ref={dialog} aria-label="Sign in again" onCancel={(event) => event.preventDefault()}>
      {isOpen && children}
    </dialog>
  )
}
