// The link that the demo prints: it signs in once. What follows the # of an address is sent to no server, and it is gone from the address
// before anything else happens.
import { signIn } from './session.ts'

export async function takeOnceLink(mount: string): Promise<void> {
  const [, once] = /^#once=([A-Za-z0-9_-]{1,128})$/.exec(location.hash) ?? []
  if (once === undefined) return
  history.replaceState(null, '', location.pathname + location.search)
  // A link that was used before leaves the page to the session that is there, or to the form, which says why.
  await signIn(mount, { once }).catch(() => history.replaceState(null, '', `${location.pathname}?error=sign-in-ended`))
}
