// The invitation behind the # of a link: it is sent to no server with the address, and it is gone from the address, and so from the history,
// before anything else happens. It is in the memory of this page and nowhere else.
import { signal } from '@preact/signals'

/** Undefined once the page was loaded again. */
export const invitation = signal<string | undefined>(undefined)

export function takeInvitation(mount: string): void {
  const take = () => {
    if (location.pathname !== `${mount}/invitation` || location.hash === '') return
    invitation.value = tokenIn(location.hash)
    history.replaceState(history.state, '', location.pathname)
  }
  take()
  // The link put into the address of this page loads nothing anew.
  addEventListener('hashchange', take)
}

export function tokenIn(hash: string): string | undefined {
  return /^#([A-Za-z0-9_-]{20,200})$/.exec(hash)?.[1]
}
