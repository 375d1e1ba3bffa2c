// A person who signed in at the company does so again, in a tab of its own.
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { onSignedInElsewhere, providerUrl } from '../elsewhere.ts'
import { rereadSession, session } from '../session.ts'

export function ProviderAgain({ onConfirmed }: { readonly onConfirmed: () => void }): VNode {
  const link = useRef<HTMLAnchorElement>(null)
  const [isAsked, setAsked] = useState(false)
  useEffect(() => link.current?.focus(), [])
  useEffect(() => {
    const before = session.value?.confirmedUntil ?? ''
    let isOver = false
    const stop = onSignedInElsewhere(async () => {
      await rereadSession()
      if (isOver || Date.parse(session.value?.confirmedUntil ?? '') <= Date.parse(before)) return
      isOver = true
      onConfirmed()
    })
    return () => {
      isOver = true
      stop()
    }
  }, [])
  return (
    <section class="callout">
      <h3>Show that it is you</h3>
      <p>This step needs a fresh sign-in at your company. Nothing was changed yet, and what you typed stays here.</p>
      <div class="row">
        <a
          class="button primary"
          ref={link}
          href={providerUrl(undefined, { isFresh: true })}
          target="_blank"
          rel="noopener"
          onClick={() => setAsked(true)}
        >
          Sign in again in a new tab
        </a>
      </div>
      <p role="status">{isAsked ? 'This step goes on by itself when you have signed in there.' : ''}</p>
    </section>
  )
}
