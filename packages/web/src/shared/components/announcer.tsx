// Says what was done: for a while in a corner, and politely to screen readers.
import { signal } from '@preact/signals'
import type { VNode } from 'preact'

const said = signal('')
const shownMs = 6000
let timer: ReturnType<typeof setTimeout> | undefined

export function announce(text: string): void {
  clearTimeout(timer)
  // The same text twice is read twice.
  said.value = ''
  setTimeout(() => (said.value = text), 50)
  timer = setTimeout(() => (said.value = ''), shownMs)
}

export function Announcer(): VNode {
  return (
    <p class="said" role="status">
      {said.value}
    </p>
  )
}
