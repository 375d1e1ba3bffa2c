// Signing in at the company's identity provider runs in a tab of its own, so that nothing that was typed in this one is lost. That tab tells
// the others when it is back.
import { apiPath } from './call.ts'

const channelName = 'countersign-signed-in'

/** @param to the address to go to afterwards: `/console/nt24-idp` */
export function providerUrl(to: string, options: { readonly isFresh?: boolean } = {}): string {
  return apiPath(`/oidc/start?${new URLSearchParams({ return: to, ...(options.isFresh && { confirm: '1' }) })}`)
}

/** Where the tab ends that was opened only to sign in. */
export const lastPage = '/console/signed-in'

export function tellSignedIn(): void {
  const channel = new BroadcastChannel(channelName)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel reaches its own origin only
  channel.postMessage('')
  channel.close()
}

/** Calls back when another tab is back from signing in, and when this one has the focus again: then it may be. @returns stops it */
export function onSignedInElsewhere(look: () => void): () => void {
  const channel = new BroadcastChannel(channelName)
  channel.addEventListener('message', look)
  addEventListener('focus', look)
  return () => {
    channel.close()
    removeEventListener('focus', look)
  }
}
