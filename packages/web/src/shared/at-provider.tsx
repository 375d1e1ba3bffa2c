// Signing in at an identity provider. Over a page whose session has ended it runs in a new tab, and the page goes on by itself.
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { onSignedInElsewhere, providerUrl } from './elsewhere.ts'
import { rereadSession } from './session.ts'

export interface AtProviderProps {
  /** The address to go to afterwards; undefined over a page whose session has ended. */
  readonly to?: string | undefined
  /** At the portal: realm and short name of the organization. */
  readonly place?: readonly string[] | undefined
  /** What the link says: "Sign in with Acme SSO". */
  readonly children: ComponentChildren
}

export function AtProvider({ to, place, children }: AtProviderProps): VNode {
  const isAgain = to === undefined
  const [isAsked, setAsked] = useState(false)
  useEffect(() => (isAgain ? onSignedInElsewhere(() => void rereadSession()) : undefined), [isAgain])
  return (
    <>
      <a
        class="button primary wide"
        href={providerUrl(to, { place })}
        onClick={() => setAsked(true)}
        // Otherwise the router takes it for one of its pages.
        target={isAgain ? '_blank' : '_top'}
        rel="noopener"
      >
        {/* One text for a button, whose parts would have a gap between them. */}
        <span>
          {children}
          {isAgain && ' in a new tab'}
        </span>
      </a>
      {isAgain && <p role="status">{isAsked ? 'This page goes on by itself when you have signed in there.' : ''}</p>}
    </>
  )
}
