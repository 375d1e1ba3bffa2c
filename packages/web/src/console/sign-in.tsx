// Signing in: at the identity provider of the company, if there is one, and with the secret of an operator.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { AtProvider } from '../shared/at-provider.tsx'
import { CallError, unreachable } from '../shared/call-error.ts'
import { BrandMark } from '../shared/components/icon.tsx'
import { Name } from '../shared/components/name.tsx'
import { Skeleton } from '../shared/components/skeleton.tsx'
import { TextField } from '../shared/components/text-field.tsx'
import { session, signIn } from '../shared/session.ts'
import { NotSignedIn, SignInFailed } from '../shared/sign-in-failed.tsx'
import { signInErrors } from './sign-in-errors.ts'
import { useSignInWays } from './sign-in-ways.ts'

interface SignInProps {
  readonly mount: string
  /** Over a page whose session has ended. */
  readonly isAgain?: boolean
}

export function SignIn({ mount, isAgain = false }: SignInProps): VNode {
  const ways = useSignInWays()
  const { path, query } = useLocation()
  const to = isAgain ? undefined : path === `${mount}/sign-in` ? mount : path + location.search
  const form = (
    <div class="sign-in card">
      {isAgain ? <h2>Sign in again</h2> : <h1>Sign in to the console</h1>}
      {isAgain && <p class="soft">Your session has ended. The page behind this stays as it is.</p>}
      {!isAgain && <SignInFailed errors={signInErrors} code={query['error']} />}
      {!ways && <Skeleton lines={4} />}
      {ways?.oidc && (
        <AtProvider to={to}>
          Sign in with <Name>{ways.oidc.name}</Name>
        </AtProvider>
      )}
      {ways?.operatorSecret &&
        (ways.oidc ? (
          <details open={isAgain && session.value?.kind === 'client'}>
            <summary>With the secret of an operator</summary>
            <SecretForm mount={mount} />
          </details>
        ) : (
          <>
            {!isAgain && <p class="soft">With the client id and secret of an operator.</p>}
            <SecretForm mount={mount} isMain />
          </>
        ))}
      {ways && !ways.oidc && !ways.operatorSecret && (
        <p>No way to sign in is turned on. It is set in the configuration file, under console.signIn.</p>
      )}
    </div>
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

function SecretForm({ mount, isMain = false }: { readonly mount: string; readonly isMain?: boolean }): VNode {
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
  return (
    <form class="grid" onSubmit={submit}>
      {error && <NotSignedIn error={error} />}
      <TextField name="clientId" label="Client id" autocomplete="username" maxLength={256} defaultValue={session.value?.clientId ?? ''} />
      <TextField name="clientSecret" label="Client secret" type="password" autocomplete="current-password" maxLength={256} />
      <details>
        <summary>The operator lives in another realm</summary>
        <label class="field">
          <span>Realm</span>
          <input name="realm" maxLength={63} placeholder="operators" spellcheck={false} />
        </label>
      </details>
      <button type="submit" class={isMain ? 'primary wide' : 'wide'} disabled={isBusy}>
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
}
