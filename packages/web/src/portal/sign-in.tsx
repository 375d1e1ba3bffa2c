// A person signs in by a passkey or at its company, a client by its secret.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { AtProvider } from '../shared/at-provider.tsx'
import { CallError, unreachable } from '../shared/call-error.ts'
import { TextField } from '../shared/components/text-field.tsx'
import { canUsePasskeys, showPasskey } from '../shared/passkey.ts'
import { isOfCompany, session, signIn, type Proof } from '../shared/session.ts'
import { NotSignedIn, SignInFailed } from '../shared/sign-in-failed.tsx'
import { FindCompany } from './find-company.tsx'
import { isPerson } from './own.ts'
import { signInErrors } from './sign-in-errors.ts'
import { placeOf } from './sign-in-place.ts'

/** @param isAgain over a page whose session has ended */
export function SignIn({ mount, isAgain = false }: { readonly mount: string; readonly isAgain?: boolean }): VNode {
  const { path, query, route } = useLocation()
  const [error, setError] = useState<CallError>()
  const [isBusy, setBusy] = useState(false)
  useEffect(() => {
    if (!isAgain) document.title = 'Sign in · Countersign'
  }, [isAgain])
  const isHere = path.startsWith(`${mount}/sign-in`)
  const enter = async (prove: () => Proof | Promise<Proof>) => {
    setBusy(true)
    setError(undefined)
    try {
      await signIn(mount, await prove())
      if (isHere) route(mount, true)
    } catch (thrown) {
      setError(thrown instanceof CallError ? thrown : unreachable())
    }
    setBusy(false)
  }
  const byPasskey = <PasskeyButton isBusy={isBusy} onPress={() => void enter(async () => ({ passkey: await showPasskey() }))} />
  const bySecret = <SecretForm isBusy={isBusy} isMain={isAgain} onSubmit={(proof) => void enter(() => proof)} />
  if (isAgain)
    return (
      <section class="sign-in">
        <h2>Sign in again</h2>
        <p class="soft">Your session has ended. The page behind this stays as it is.</p>
        {error && <NotSignedIn error={error} />}
        {isOfCompany() ? <AtProvider>Sign in at your company</AtProvider> : isPerson() ? byPasskey : bySecret}
      </section>
    )
  const place = placeOf(path)
  return (
    <section class="sign-in card">
      <h1>Sign in to the portal</h1>
      {error && <NotSignedIn error={error} />}
      <SignInFailed errors={signInErrors} code={query['error']} />
      {place && (
        <>
          <AtProvider to={mount} place={place}>
            Sign in at your company
          </AtProvider>
          <p class="or">or</p>
        </>
      )}
      {byPasskey}
      <p class="or">or</p>
      {!place && <FindCompany mount={mount} />}
      <section class="sign-in-secret">
        <h2>With the client id and secret of your backend</h2>
        <p class="soft small">You see only this client. Your backend is not affected.</p>
        {bySecret}
      </section>
      <details class="small soft">
        <summary>I cannot sign in in any of these ways</summary>
        <p>
          The provider of the API invites people of your company with a link, and gives it client ids and secrets. A colleague with the role
          “admin” can invite you, too. A client that has only keys cannot sign in.
        </p>
      </details>
    </section>
  )
}

function PasskeyButton({ isBusy, onPress }: { readonly isBusy: boolean; readonly onPress: () => void }): VNode {
  if (!canUsePasskeys())
    return <p class="soft">This browser cannot use passkeys. People need a current version of Chrome, Edge, Firefox or Safari.</p>
  return (
    <button type="button" class="primary wide" disabled={isBusy} onClick={onPress}>
      Sign in with a passkey
    </button>
  )
}

interface SecretFormProps {
  readonly isBusy: boolean
  readonly isMain: boolean
  readonly onSubmit: (proof: Proof) => void
}

function SecretForm({ isBusy, isMain, onSubmit }: SecretFormProps): VNode {
  const { query } = useLocation()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    const valueOf = (name: string) => String(fields.get(name) ?? '').trim()
    onSubmit({ realm: valueOf('realm'), clientId: valueOf('clientId'), clientSecret: valueOf('clientSecret') })
  }
  return (
    <form class="grid" onSubmit={submit}>
      <TextField
        name="realm"
        label="Token URL, or name of the realm"
        maxLength={300}
        autocomplete="organization"
        defaultValue={session.value?.realm ?? query['realm'] ?? ''}
        hint="The address at which your backend gets its tokens, for example https://login.example.com/oauth2/token."
      />
      <TextField name="clientId" label="Client id" autocomplete="username" maxLength={256} defaultValue={session.value?.clientId ?? ''} />
      <TextField name="clientSecret" type="password" label="Client secret" autocomplete="current-password" maxLength={256} />
      <button type="submit" class={isMain ? 'primary wide' : 'wide'} disabled={isBusy}>
        Sign in
      </button>
    </form>
  )
}
