// Makes and removes passkeys of the person who has signed in.
import type { VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { apiPath, send } from '../../shared/call.ts'
import { makePasskey } from '../../shared/passkey.ts'
import { PlainStep } from './plain-step.tsx'

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
    <PlainStep title="Add a passkey?" label="Make a passkey" done="You have another passkey." act={add} onDone={onDone}>
      <p>The browser asks which device is to keep it: this one, a phone nearby, or a security key.</p>
      <label class="field">
        <span>Name, to tell your passkeys apart</span>
        <input ref={field} maxLength={100} placeholder="Work laptop" autocomplete="off" />
      </label>
    </PlainStep>
  )
}

export interface RemovePasskeyProps {
  readonly passkey: OwnPasskey
  readonly onDone: () => void
}

export function RemovePasskey({ passkey: { id, name }, onDone }: RemovePasskeyProps): VNode {
  const remove = () => send(apiPath(`/passkeys/${encodeURIComponent(id)}`), { method: 'DELETE', body: {} })
  return (
    <PlainStep title={`Remove “${name}”?`} label="Remove" isDanger done="The passkey was removed." act={remove} onDone={onDone}>
      <p>It signs you in no more. You stay signed in here, and are signed out everywhere else.</p>
    </PlainStep>
  )
}
