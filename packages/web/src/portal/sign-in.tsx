import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { CallError, unreachable } from '../shared/call-error.ts'
import { Failure } from '../shared/components/failure.tsx'
import { BrandMark } from '../shared/components/icon.tsx'
import { session, signIn } from '../shared/session.ts'

/** @param isAgain over a page whose session has ended */
export function SignIn({ mount, isAgain = false }: { readonly mount: string; readonly isAgain?: boolean }): VNode {
  const { path, query, route } = useLocation()
  const [error, setError] = useState<CallError>()
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    const valueOf = (name: string) => String(fields.get(name) ?? '').trim()
    setBusy(true)
    setError(undefined)
    try {
      await signIn(mount, { realm: valueOf('realm'), clientId: valueOf('clientId'), clientSecret: valueOf('clientSecret') })
      if (path === `${mount}/sign-in`) route(mount, true)
    } catch (thrown) {
      setError(thrown instanceof CallError ? thrown : unreachable())
    }
    setBusy(false)
  }
  const form = (
    <form class="sign-in card" onSubmit={submit}>
      {isAgain ? <h2>Sign in again</h2> : <h1>Sign in to the portal</h1>}
      <p class="soft">
        {isAgain
          ? 'Your session has ended. The page behind this stays as it is.'
          : 'With the client id and secret of your backend. No token is issued, and nothing that calls the API changes.'}
      </p>
      {error && <Failure error={error} />}
      <label class="field">
        <span>Realm</span>
        <input
          name="realm"
          required
          maxLength={63}
          autocomplete="organization"
          defaultValue={session.value?.realm ?? query['realm'] ?? ''}
          spellcheck={false}
        />
        <small>Part of the token URL, for example nt24-idp.</small>
      </label>
      <label class="field">
        <span>Client id</span>
        <input
          name="clientId"
          autocomplete="username"
          required
          maxLength={256}
          defaultValue={session.value?.clientId ?? ''}
          spellcheck={false}
        />
      </label>
      <label class="field">
        <span>Client secret</span>
        <input name="clientSecret" type="password" autocomplete="current-password" required maxLength={256} />
      </label>
      <button type="submit" class="primary" disabled={isBusy}>
        Sign in
      </button>
      <details class="small soft">
        <summary>I have no client id and secret</summary>
        <p>The provider of the API makes them, and gives them to your company.</p>
        <p>A client that has only keys cannot sign in: there is no secret to enter.</p>
      </details>
    </form>
  )
  if (isAgain) return form
  return (
    <main class="narrow">
      <div class="brand">
        <BrandMark /> Countersign
      </div>
      {form}
    </main>
  )
}
