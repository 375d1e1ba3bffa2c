// Some steps need a sign-in that is fresh. The step goes on by itself afterwards.
import type { VNode } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { CallError, unreachable } from '../call-error.ts'
import { confirmSession, isOfCompany, session } from '../session.ts'
import { PasskeyAgain } from './passkey-again.tsx'
import { ProviderAgain } from './provider-again.tsx'

export interface SignInAgainProps {
  readonly onConfirmed: () => void
}

export function SignInAgain(props: SignInAgainProps): VNode {
  if (session.value?.kind !== 'person') return <SecretAgain {...props} />
  return isOfCompany() ? <ProviderAgain {...props} /> : <PasskeyAgain {...props} />
}

function SecretAgain({ onConfirmed }: SignInAgainProps): VNode {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const [wrong, setWrong] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  useEffect(() => field.current?.focus(), [])
  const confirm = async () => {
    const { current } = field
    if (!current || current.value.trim() === '') return setWrong('This is needed.')
    setBusy(true)
    try {
      await confirmSession({ clientSecret: current.value.trim() })
      current.value = ''
      onConfirmed()
    } catch (thrown) {
      setWrong((thrown instanceof CallError ? thrown : unreachable()).detail)
    }
    setBusy(false)
  }
  return (
    <section class="callout">
      <h3>Show that it is you</h3>
      <p>
        This step needs a fresh sign-in. Nothing was changed yet. Write the secret of <code>{session.value?.clientId}</code>.
      </p>
      <div class="field">
        <label for={id}>Client secret</label>
        <input
          id={id}
          ref={field}
          type="password"
          autocomplete="current-password"
          maxLength={256}
          aria-invalid={wrong !== undefined || undefined}
          aria-describedby={wrong && `${id}-wrong`}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            void confirm()
          }}
        />
        {wrong && (
          <small id={`${id}-wrong`} class="wrong" role="alert">
            {wrong}
          </small>
        )}
      </div>
      <div class="row">
        <button type="button" class="primary" disabled={isBusy} onClick={() => void confirm()}>
          Go on
        </button>
      </div>
    </section>
  )
}
