// Hints of the server: something changed, so what is on the screen is read again. Without them a page reads every 15 seconds.
import { effect, signal } from '@preact/signals'
import { refreshAll, refreshUses } from './reads.ts'
import { session } from './session.ts'

/** Whether hints come. */
export const isLive = signal(false)

const pauseMs = 250

export function followChanges(mount: string): void {
  let stream: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  effect(() => {
    const isSignedIn = Boolean(session.value)
    if (isSignedIn === (stream !== undefined)) return
    stream?.close()
    stream = isSignedIn ? open() : undefined
    isLive.value = false
  })

  function open(): EventSource {
    const opened = new EventSource(`${mount}/events`)
    let wasLost = false
    opened.addEventListener('open', () => {
      isLive.value = true
      // Hints that came meanwhile are lost.
      if (wasLost) void refreshAll()
      wasLost = false
    })
    opened.addEventListener('error', () => {
      isLive.value = false
      wasLost = true
    })
    opened.addEventListener('change', () => {
      timer ??= setTimeout(() => {
        timer = undefined
        void refreshAll()
      }, pauseMs)
    })
    opened.addEventListener('use', () => void refreshUses())
    return opened
  }
}
