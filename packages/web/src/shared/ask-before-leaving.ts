// What is on the page and nowhere else is lost with the page: its links and the Back button ask first, as the browser does for the tab.
import { useLayoutEffect, useState } from 'preact/hooks'

interface Leaving {
  readonly go: () => void
  readonly stay: () => void
}

/** The entry of the history that Back leaves first: with the same address, so that the page stays. */
const guard = 'asks-before-leaving'

/** Defined while the reader is to be asked. @param isLost whether leaving loses something */
export function useLeaving(isLost: boolean): Leaving | undefined {
  const [leaving, setLeaving] = useState<Leaving>()
  // With what may be lost, not a frame later.
  useLayoutEffect(() => {
    if (!isLost) return
    const guards = new AbortController()
    const options = { capture: true, signal: guards.signal }
    const hold = () => history.pushState(guard, '')
    const ask = (leave: () => void, stay?: () => void) =>
      setLeaving({
        go: () => {
          guards.abort()
          leave()
        },
        stay: () => {
          stay?.()
          setLeaving(undefined)
        },
      })
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href]:not([href^="#"], [target])') : null
      if (!link || link.pathname === location.pathname || event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      event.stopPropagation()
      ask(() => link.click())
    }
    hold()
    addEventListener('beforeunload', (event) => event.preventDefault(), options)
    // Held again by a click: a browser skips an entry that was made without one.
    addEventListener('popstate', () => ask(() => history.back(), hold), options)
    addEventListener('click', onClick, options)
    return () => {
      guards.abort()
      setLeaving(undefined)
      if (history.state === guard) history.back()
    }
  }, [isLost])
  return leaving
}
