// A secret that is shown once: it is in this component and nowhere else, and gone when the dialog closes.
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { copyText } from '../copy-text.ts'
import { closeDialog, Dialog } from '../components/dialog.tsx'
import { Icon } from '../components/icon.tsx'
import { envFileOf } from './env-file.ts'

export interface ShownSecretProps {
  readonly title: string
  readonly clientId: string
  readonly secret: string
  readonly tokenUrl?: string | undefined
  /** What to do next. */
  readonly children?: ComponentChildren
  readonly onClose: () => void
}

export function ShownSecret({ title, clientId, secret, tokenUrl, children, onClose }: ShownSecretProps): VNode {
  const [kept, setKept] = useState<'copied' | 'saved'>()
  const [isFailed, setFailed] = useState(false)
  const first = useRef<HTMLButtonElement>(null)
  const id = useId()
  useEffect(() => first.current?.focus(), [])
  useEffect(() => {
    if (kept) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [kept])
  const copy = async () => {
    if (await copyText(secret)) setKept('copied')
    else setFailed(true)
  }
  const save = () => {
    saveText(`${clientId.replace(/[^\w.-]/g, '_')}.env`, envFileOf({ clientId, secret, tokenUrl }))
    setKept('saved')
  }
  const close = () => {
    closeDialog()
    onClose()
  }
  const keep = kept ? undefined : unkept
  return (
    <Dialog title={title} keep={keep} onClose={close}>
      <div class="body">
        <dl>
          <dt>Client id</dt>
          <dd>
            <code>{clientId}</code>
          </dd>
          {tokenUrl && (
            <>
              <dt>Token URL</dt>
              <dd>
                <code>{tokenUrl}</code>
              </dd>
            </>
          )}
        </dl>
        <div>
          <h3 id={id}>Secret</h3>
          <div class="secret">
            <code aria-labelledby={id}>{secret}</code>
            <button type="button" class="primary" ref={first} onClick={() => void copy()}>
              <Icon name={kept === 'copied' ? 'done' : 'copy'} /> {kept === 'copied' ? 'Copied' : 'Copy'}
            </button>
            <button type="button" onClick={save}>
              Save as .env
            </button>
          </div>
          <p class="small">
            It is shown only this once.{' '}
            <span role="status">
              {isFailed ? 'The browser did not let it be copied. Select it and copy it, or save it.' : ''}
              {kept === 'copied' ? 'Copied.' : ''}
              {kept === 'saved' ? 'Saved.' : ''}
            </span>
          </p>
        </div>
        {children}
        {kept && (
          <div class="row">
            <button type="button" onClick={close}>
              Done
            </button>
          </div>
        )}
      </div>
    </Dialog>
  )
}

const unkept = {
  question: 'The secret was neither copied nor saved, and it is not shown again.',
  stay: 'Back to the secret',
  leave: 'Close without it',
}

function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url))
}
