// A person shows by a passkey that it is them.
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { CallError, unreachable } from '../call-error.ts'
import { showPasskey } from '../passkey.ts'
import { confirmSession } from '../session.ts'

export function PasskeyAgain({ onConfirmed }: { readonly onConfirmed: () => void }): VNode {
  const button = useRef<HTMLButtonElement>(null)
  const [wrong, setWrong] = useState<CallError>()
  const [isBusy, setBusy] = useState(false)
  useEffect(() => button.current?.focus(), [])
  const confirm = async () => {
    setBusy(true)
    setWrong(undefined)
    try {
      await confirmSession({ passkey: await showPasskey() })
      onConfirmed()
    } catch (thrown) {
      setWrong(thrown instanceof CallError ? thrown : unreachable())
    }
    setBusy(false)
  }
  return (
    <section class="callout">
      <h3>Show that it is you</h3>
      <p>This step needs a fresh sign-in. Nothing was changed yet.</p>
      {wrong && (
        <p class="wrong" role="alert">
          {wrong.detail} {wrong.remedy}
        </p>
      )}
      <div class="row">
        <button type="button" ref={button} class="primary" disabled={isBusy} onClick={() => void confirm()}>
          Use my passkey
        </button>
      </div>
    </section>
  )
}
