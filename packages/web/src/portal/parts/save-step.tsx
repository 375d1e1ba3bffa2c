// Step 2: the new secret, shown once, and what to do if it was lost.
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { envFileOf } from '../../shared/act/env-file.ts'
import { useLeaving } from '../../shared/ask-before-leaving.ts'
import { Leaving } from '../../shared/components/dialog.tsx'
import { Icon } from '../../shared/components/icon.tsx'
import { copyText } from '../../shared/copy-text.ts'
import { saveFile } from '../../shared/download.ts'
import { session } from '../../shared/session.ts'
import { reasonAgainstCancel, type StepState } from '../wizard.ts'

export interface SaveStepProps {
  readonly state: StepState
  readonly client: OperationOutput<'clients.get'>
  readonly rotation: OperationOutput<'rotation.get'>
  /** Undefined once it is saved, and where the page was opened again. */
  readonly secret: string | undefined
  readonly now: number
  readonly onSaved: () => void
  readonly onLost: () => void
}

export function SaveStep({ state, client, rotation, secret, now, onSaved, onLost }: SaveStepProps): VNode | null {
  if (secret !== undefined) return <Shown client={client} secret={secret} onSaved={onSaved} />
  if (state === 'later') return <p>It is shown here once, to copy or to save as a file.</p>
  if (rotation.state === 'stable') return null
  return (
    <div class="grid">
      <p class="soft">
        It was shown when it was made, and is not shown again.{state === 'here' && ' If you have saved it, go on with the next step.'}
      </p>
      <div class="row">
        <Lost {...{ client, rotation, now, onLost }} />
      </div>
    </div>
  )
}

interface ShownProps {
  readonly client: OperationOutput<'clients.get'>
  readonly secret: string
  readonly onSaved: () => void
}

function Shown({ client: { clientId }, secret, onSaved }: ShownProps): VNode {
  const [kept, setKept] = useState<'copied' | 'saved' | 'failed'>()
  const copyButton = useRef<HTMLButtonElement>(null)
  useEffect(() => copyButton.current?.focus(), [])
  const leaving = useLeaving(kept === undefined || kept === 'failed')
  const copy = async () => setKept((await copyText(secret)) ? 'copied' : 'failed')
  const save = () => {
    const text = envFileOf({ clientId, secret, tokenUrl: session.value?.tokenUrl })
    saveFile(`${clientId.replace(/[^\w.-]/g, '_')}.env`, 'text/plain', text)
    setKept('saved')
  }
  return (
    <div class="grid">
      {leaving && (
        <Leaving
          question="The new secret was neither copied nor saved, and it is not shown again."
          stay="Back to the secret"
          leave="Leave without it"
          onStay={() => {
            leaving.stay()
            copyButton.current?.focus()
          }}
          onLeave={leaving.go}
        />
      )}
      <div class="secret">
        <code aria-label="The new secret">{secret}</code>
        <button type="button" class="primary" ref={copyButton} onClick={() => void copy()}>
          <Icon name={kept === 'copied' ? 'done' : 'copy'} /> {kept === 'copied' ? 'Copied' : 'Copy'}
        </button>
        <button type="button" onClick={save}>
          Save as .env
        </button>
      </div>
      <p class="unseen" role="status">
        {kept === 'copied' ? 'Copied.' : kept === 'saved' ? 'Saved.' : ''}
      </p>
      {kept === 'failed' && <p class="wrong">The browser did not let it be copied. Select it and copy it, or save it.</p>}
      <p class="soft">Put it where your backend reads its secret: a secret manager, or a Kubernetes secret. Never in the code.</p>
      <div class="row">
        <button type="button" class={kept === 'copied' || kept === 'saved' ? 'primary' : undefined} onClick={onSaved}>
          I have saved it
        </button>
      </div>
    </div>
  )
}

function Lost({ client, rotation, now, onLost }: Pick<SaveStepProps, 'client' | 'rotation' | 'now' | 'onLost'>): VNode {
  return (
    <Act
      operation="rotation.cancel"
      params={{ realm: client.realm, client: client.clientId }}
      label="I lost it: start over"
      title="Start over?"
      fields={[]}
      unavailable={reasonAgainstCancel(rotation, now)}
      isTold
      consequence={<p>The new secret ends now. The old one stays good, so nothing stops. Then you can make another one.</p>}
      done="The new secret was ended. You can make another one."
      onDone={onLost}
    />
  )
}
