// Signing in at the identity provider of the own company: by the address that names it, or by its realm and short name.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { onSignedInElsewhere, providerUrl } from '../shared/elsewhere.ts'
import { rereadSession } from '../shared/session.ts'
import type { Place } from './sign-in-place.ts'

/** @param to the page to go to afterwards */
export function AtCompany({ place, to }: { readonly place: Place; readonly to: string }): VNode {
  return (
    // Otherwise the router takes it for one of its pages.
    <a class="button primary wide" href={providerUrl(to, { place })} target="_top" rel="noopener">
      Sign in at your company
    </a>
  )
}

/** Over a page whose session has ended: in a new tab, and this one goes on by itself. */
export function AtCompanyAgain(): VNode {
  const [isAsked, setAsked] = useState(false)
  useEffect(() => onSignedInElsewhere(() => void rereadSession()), [])
  return (
    <>
      <a class="button primary wide" href={providerUrl()} target="_blank" rel="noopener" onClick={() => setAsked(true)}>
        Sign in at your company in a new tab
      </a>
      <p role="status">{isAsked ? 'This page goes on by itself when you have signed in there.' : ''}</p>
    </>
  )
}

/** For a person without the address that names the company. */
export function FindCompany({ mount }: { readonly mount: string }): VNode {
  const { query } = useLocation()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    const valueOf = (name: string) => String(fields.get(name) ?? '').trim()
    location.assign(providerUrl(mount, { place: [valueOf('realm'), valueOf('organization')] }))
  }
  return (
    <details>
      <summary>Sign in at your company</summary>
      <form class="grid" onSubmit={submit}>
        <p class="soft small">
          If the provider has set it up for your company. It has an address of its own, which the provider gave to it.
        </p>
        <label class="field">
          <span>Realm</span>
          <input
            name="realm"
            required
            pattern="[a-z0-9\-]+"
            maxLength={63}
            autocomplete="off"
            defaultValue={query['realm'] ?? ''}
            spellcheck={false}
          />
        </label>
        <label class="field">
          <span>Short name of your company</span>
          <input name="organization" required pattern="[a-z0-9\-]+" maxLength={63} autocomplete="organization" spellcheck={false} />
          <small>Lower-case letters, digits and “-”, for example acme.</small>
        </label>
        <button type="submit" class="wide">
          Go on
        </button>
      </form>
    </details>
  )
}
