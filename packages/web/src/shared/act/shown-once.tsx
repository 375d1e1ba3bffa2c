// A secret or a link that is shown once: it is in this component and nowhere else, and gone when the dialog closes.
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { copyText } from '../copy-text.ts'
import { Dialog } from '../components/dialog.tsx'
import { closeDialog } from '../components/open-dialog.tsx'
import { Icon } from '../components/icon.tsx'

export interface ShownOnceProps {
  readonly title: string
  /** What it is: "Secret". */
  readonly name: string
  readonly text: string
  /** What belongs to it. */
  readonly beside?: ComponentChildren
  /** Another way to keep it than copying. */
  readonly save?: { readonly label: string; readonly run: () => void }
  /** What to do next. */
  readonly children?: ComponentChildren
  readonly onClose: () => void
}

export function ShownOnce({ title, name, text, beside, save, children, onClose }: ShownOnceProps): VNode {
  const [kept, setKept] = useState<'Copied' | 'Saved'>()
  const [isFailed, setFailed] = useState(false)
  const first = useRef<HTMLButtonElement>(null)
  const id = useId()
  useEffect(() => first.current?.focus(), [])
  const copy = async () => {
    if (await copyText(text)) setKept('Copied')
    else setFailed(true)
  }
  const close = () => {
    closeDialog()
    onClose()
  }
  const isCopied = kept === 'Copied'
  return (
    <Dialog title={title} keep={kept ? undefined : unkept(name, save !== undefined)} onClose={close}>
      <div class="body">
        {beside}
        <div>
          <h3 id={id}>{name}</h3>
          <div class="secret">
            <code aria-labelledby={id}>{text}</code>
            <button type="button" class="primary" ref={first} onClick={() => void copy()}>
              <Icon name={isCopied ? 'done' : 'copy'} /> {isCopied ? 'Copied' : 'Copy'}
            </button>
            {save && (
              <button
                type="button"
                onClick={() => {
                  save.run()
                  setKept('Saved')
                }}
              >
                {save.label}
              </button>
            )}
          </div>
          <p class="small">
            It is shown only this once.{' '}
            <span role="status">
              {isFailed && `The browser did not let it be copied. Select it and copy it${save ? ', or save it' : ''}. `}
              {kept && `${kept}.`}
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

function unkept(name: string, canSave: boolean) {
  const it = name.toLowerCase()
  return {
    question: `The ${it} was ${canSave ? 'neither copied nor saved' : 'not copied'}, and it is not shown again.`,
    stay: `Back to the ${it}`,
    leave: 'Close without it',
  }
}
