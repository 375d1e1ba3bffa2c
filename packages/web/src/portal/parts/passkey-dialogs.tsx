// Makes and removes passkeys of the person who has signed in. Both are no operations of the table: no command can make a passkey.
import type { ComponentChildren, VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { StepFailed } from '../../shared/act/failed.tsx'
import { kindOf } from '../../shared/act/outcome.ts'
import { apiPath, send } from '../../shared/call.ts'
import { CallError, unreachable } from '../../shared/call-error.ts'
import { announce } from '../../shared/components/announcer.tsx'
import { closeDialog, Dialog } from '../../shared/components/dialog.tsx'
import { makePasskey } from '../../shared/passkey.ts'

export interface OwnPasskey {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
}

export function AddPasskey({ onDone }: { readonly onDone: () => void }): VNode {
  const field = useRef<HTMLInputElement>(null)
  const add = async () => {
    const name = field.current?.value.trim() || 'Passkey'
    const credential = await makePasskey('/passkeys/options', {})
    await send(apiPath('/passkeys'), { method: 'POST', body: { name, credential } })
  }
  return (
    <Step title="Add a passkey?" label="Make a passkey" done="You have another passkey." act={add} onDone={onDone}>
      <p>The browser asks which device is to keep it: this one, a phone nearby, or a security key.</p>
      <label class="field">
        <span>Name, to tell your passkeys apart</span>
        <input ref={field} maxLength={100} placeholder="Work laptop" autocomplete="off" />
      </label>
    </Step>
  )
}

export interface RemovePasskeyProps {
  readonly passkey: OwnPasskey
  readonly onDone: () => void
}

export function RemovePasskey({ passkey: { id, name }, onDone }: RemovePasskeyProps): VNode {
  const remove = async () => void (await send(apiPath(`/passkeys/${encodeURIComponent(id)}`), { method: 'DELETE', body: {} }))
  return (
    <Step title={`Remove “${name}”?`} label="Remove" isDanger done="The passkey was removed." act={remove} onDone={onDone}>
      <p>It signs you in no more. You stay signed in here, and are signed out everywhere else.</p>
    </Step>
  )
}

interface StepProps {
  readonly title: string
  readonly label: string
  readonly isDanger?: boolean
  readonly done: string
  readonly act: () => Promise<void>
  readonly onDone: () => void
  readonly children: ComponentChildren
}

function Step({ title, label, isDanger = false, done, act, onDone, children }: StepProps): VNode {
  const [error, setError] = useState<CallError>()
  const [isBusy, setBusy] = useState(false)
  const run = async () => {
    setBusy(true)
    try {
      await act()
      closeDialog()
      announce(done)
      onDone()
    } catch (thrown) {
      setError(thrown instanceof CallError ? thrown : unreachable())
    }
    setBusy(false)
  }
  const kind = error && kindOf(error)
  return (
    <Dialog title={title}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void run()
        }}
      >
        {children}
        {error && kind && (
          <StepFailed kind={error.code === 'passkey' || kind === 'changed' ? 'refused' : kind} error={error} onAgain={() => void run()} />
        )}
        <div class="row ends">
          <button type="submit" class={isDanger ? 'danger primary' : 'primary'} disabled={isBusy}>
            {label}
          </button>
          <button type="button" onClick={closeDialog}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  )
}
