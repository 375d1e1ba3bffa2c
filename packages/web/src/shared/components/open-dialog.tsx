// A dialog over the page. It is drawn beside the pages, so that a page that is left, or read again, takes nothing of it away: it may show a
// secret that is shown only once.
import { signal } from '@preact/signals'
import type { VNode } from 'preact'

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
