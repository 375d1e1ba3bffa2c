// The cookie of a sign-in at the identity provider, from its start until the browser comes back. `SameSite=Lax`: unlike the cookie of a session it
// must be sent with the navigation by which the other site sends the browser back.
import { flowLifetimeSeconds } from '../idp/flow.ts'
import type { PageMount } from './page-mount.ts'
import { cookiesOf } from './session-cookie.ts'

export interface IdpCookie {
  /** Undefined without the cookie, and with two of its name. */
  read(rawHeaders: readonly string[]): string | undefined
  /** The value of `Set-Cookie`. */
  set(flow: string): string
  readonly cleared: string
}

export function createIdpCookie(publicUrl: string, mount: PageMount['name']): IdpCookie {
  const isSecure = new URL(publicUrl).protocol === 'https:'
  const name = `${isSecure ? '__Host-' : ''}countersign-${mount}-oidc`
  const attributes = `; Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`
  return {
    read(rawHeaders) {
      const values = cookiesOf(rawHeaders).filter(([found]) => found === name)
      return values.length === 1 ? values[0]![1] : undefined
    },
    set: (flow) => `${name}=${flow}; Max-Age=${flowLifetimeSeconds}${attributes}`,
    cleared: `${name}=; Max-Age=0${attributes}`,
  }
}
