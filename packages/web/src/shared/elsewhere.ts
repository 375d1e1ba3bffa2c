// Signing in at the company's identity provider runs in a tab of its own, so that nothing that was typed in this one is lost. That tab tells
// the others when it is back.
import { apiPath } from './call.ts'
import { isOperator, session } from './session.ts'

const channelName = 'countersign-signed-in'

interface ProviderOptions {
  readonly isFresh?: boolean
  /** At the portal: realm and slug of the organization. By default those of the session. */
  readonly place?: readonly string[] | undefined
}

/** @param to the address to go to afterwards: `/console/nt24-idp`. By default, where the tab ends that was opened only to sign in. */
export function providerUrl(
  to = `${apiPath('').slice(0, -'/api'.length)}/signed-in`,
  { isFresh, place = ownPlace() }: ProviderOptions = {},
): string {
  const query = new URLSearchParams({ return: to, ...(isFresh && { confirm: '1' }) })
  return apiPath(`/oidc/start${place.map((name) => `/${encodeURIComponent(name)}`).join('')}?${query}`)
}

/** Operators have one identity provider, whatever the realm. */
function ownPlace(): readonly string[] {
  const { value } = session
  return value && !isOperator() ? [value.realm, value.organization.slug] : []
}

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
