// The link of an invitation, which is shown once: it is in this component and nowhere else, and gone when the dialog closes.
import type { VNode } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { copyText } from '../copy-text.ts'
import { closeDialog, Dialog } from '../components/dialog.tsx'
import { Icon } from '../components/icon.tsx'
import { Time } from '../components/time.tsx'

export interface ShownLinkProps {
  /** Null if it was in an answer that was lost. */
  readonly url: string | null
  readonly endsAt: string
  readonly onClose: () => void
}

export function ShownLink({ url, endsAt, onClose }: ShownLinkProps): VNode {
  const [isCopied, setCopied] = useState(false)
  const [isFailed, setFailed] = useState(false)
  const first = useRef<HTMLButtonElement>(null)
  const id = useId()
  useEffect(() => first.current?.focus(), [])
  const copy = async (text: string) => {
    if (await copyText(text)) setCopied(true)
    else setFailed(true)
  }
  const close = () => {
    closeDialog()
    onClose()
  }
  if (url === null)
    return (
      <Dialog title="It was made, but the link is lost" onClose={close}>
        <div class="body">
          <p>The link was in an answer that did not arrive, and it is not shown again. Withdraw the invitation, and make another one.</p>
          <div class="row">
            <button type="button" class="primary" ref={first} onClick={close}>
              Go on
            </button>
          </div>
        </div>
      </Dialog>
    )
  return (
    <Dialog title="The invitation" keep={isCopied ? undefined : unkept} onClose={close}>
      <div class="body">
        <div>
          <h3 id={id}>Link</h3>
          <div class="secret">
            <code aria-labelledby={id}>{url}</code>
            <button type="button" class="primary" ref={first} onClick={() => void copy(url)}>
              <Icon name={isCopied ? 'done' : 'copy'} /> {isCopied ? 'Copied' : 'Copy'}
            </button>
          </div>
          <p class="small">It is shown only this once.</p>
          <p class="small" role="status">
            {isFailed ? 'The browser did not let it be copied. Select it and copy it.' : isCopied ? 'Copied.' : ''}
          </p>
        </div>
        <p class="soft">
          Send it in a way that you trust: the first person who opens it and makes a passkey gets the role. It works once, until{' '}
          <Time at={endsAt} />.
        </p>
        {isCopied && (
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
  question: 'The link was not copied, and it is not shown again.',
  stay: 'Back to the link',
  leave: 'Close without it',
}
