import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { CallError, unreachable } from '../shared/call-error.ts'
import { Failure } from '../shared/components/failure.tsx'
import { BrandMark } from '../shared/components/icon.tsx'
import { session, signIn } from '../shared/session.ts'

/** @param isAgain over a page whose session has ended */
export function SignIn({ mount, isAgain = false }: { readonly mount: string; readonly isAgain?: boolean }): VNode {
  const { path, route } = useLocation()
  const [error, setError] = useState<CallError>()
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const realm = String(form.get('realm') ?? '').trim()
    setBusy(true)
    setError(undefined)
    try {
      await signIn(mount, {
        clientId: String(form.get('clientId')).trim(),
        clientSecret: String(form.get('clientSecret')).trim(),
        ...(realm !== '' && { realm }),
      })
      if (path === `${mount}/sign-in`) route(mount, true)
    } catch (thrown) {
      setError(thrown instanceof CallError ? thrown : unreachable())
    }
    setBusy(false)
  }
  const form = (
    <form class="sign-in card" onSubmit={submit}>
      {isAgain ? <h2>Sign in again</h2> : <h1>Sign in to the console</h1>}
      <p class="soft">
        {isAgain ? 'Your session has ended. The page behind this stays as it is.' : 'With the client id and secret of an operator.'}
      </p>
      {error && <Failure error={error} />}
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
      <details>
        <summary>The operator lives in another realm</summary>
        <label class="field">
          <span>Realm</span>
          <input name="realm" maxLength={63} placeholder="operators" spellcheck={false} />
        </label>
      </details>
      <button type="submit" class="primary" disabled={isBusy}>
        Sign in
      </button>
      <details class="small soft">
        <summary>I have no client id and secret</summary>
        <p>
          On the machine of the server, <code>countersign init</code> made the first operator; <code>countersign operator create</code>{' '}
          makes another one, and <code>npm start</code> prints a link that signs you in.
        </p>
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
