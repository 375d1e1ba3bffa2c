// The secret or the link in the answer of a step, which is shown once, and what to say where the answer that had it was lost.
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { OperationName, OperationOutput } from '@countersign/admin'
import { table, type OperationRow } from '@countersign/admin/table'
import { Dialog } from '../components/dialog.tsx'
import { closeDialog } from '../components/open-dialog.tsx'
import { queries } from '../reads.ts'
import { isOperator, session } from '../session.ts'
import type { FormInput } from './form-plan.ts'
import { ShownLink } from './shown-link.tsx'
import { ShownSecret } from './shown-secret.tsx'

export interface FoundSecret {
  readonly clientId: string
  readonly tokenUrl: string | undefined
  /** Null if it was in an answer that was lost. */
  readonly secret: string | null
  /** What to do where it is lost. */
  readonly remedy: string
}

/** An invitation. */
export interface FoundLink {
  /** Null if it was in an answer that was lost. */
  readonly url: string | null
  readonly endsAt: string
}

/** @returns undefined if the step makes nothing that is shown once, or made none this time */
export function secretOf(
  operation: OperationName,
  output: OperationOutput<OperationName>,
  { params }: FormInput,
  wasRepeated: boolean,
): FoundSecret | FoundLink | undefined {
  const row: OperationRow = table[operation]
  if (!row.secret) return undefined
  if (row.secret === 'url') return output as unknown as FoundLink
  const { clientSecret: secret, ...made } = output as OperationOutput<'clients.create' | 'rotation.start' | 'accessRequests.makeClient'>
  if (secret === null && !wasRepeated) return undefined
  const { clientId } = 'clientId' in made ? made : typeof made.client === 'string' ? { clientId: made.client } : made.client
  return {
    secret,
    clientId,
    tokenUrl: tokenUrlOf(String(params['realm'])),
    remedy: operation === 'rotation.start' ? remedies.rotation : remedies.client,
  }
}

/** By what has lost its secret. */
export const remedies = {
  rotation: 'Cancel the rotation, then start a new one.',
  client: 'Replace the secret of the client.',
} as const

/** As far as a page has read it. */
function tokenUrlOf(realm: string): string | undefined {
  if (session.value?.tokenUrl !== undefined) return session.value.tokenUrl
  const realms = queries.getQueryData<OperationOutput<'realms.list'>>(['realms.list', { params: {} }])
  return realms?.items.find(({ name }) => name === realm)?.tokenUrl
}

export interface SecretOfAnswerProps {
  readonly found: FoundSecret | FoundLink
  readonly title?: string
  /** What else is shown with the secret. */
  readonly children?: ComponentChildren
  readonly onClose: () => void
}

export function SecretOfAnswer({ found, title = 'The new secret', children, onClose }: SecretOfAnswerProps): VNode {
  if ('url' in found) {
    const { url, endsAt } = found
    if (url !== null) return <ShownLink url={url} endsAt={endsAt} onClose={onClose} />
    return (
      <Lost title="It was made, but the link is lost" onClose={onClose}>
        The link was in an answer that did not arrive, and it is not shown again. Withdraw the invitation, and make another one.
      </Lost>
    )
  }
  const { clientId, secret, tokenUrl, remedy } = found
  if (secret !== null)
    return (
      <ShownSecret title={title} clientId={clientId} secret={secret} tokenUrl={tokenUrl} onClose={onClose}>
        <p class="soft">
          {isOperator()
            ? 'Hand it over through a secure channel, and keep no copy.'
            : 'Put it where your backend reads its secret: a secret manager, or a Kubernetes secret. Never in the code.'}
        </p>
        {children}
      </ShownSecret>
    )
  return (
    <Lost title="It was done, but the secret is lost" onClose={onClose}>
      The secret of <code>{clientId}</code> was in the answer that did not arrive, and it is not shown again. {remedy}
    </Lost>
  )
}

interface LostProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

function Lost({ title, onClose, children }: LostProps): VNode {
  const first = useRef<HTMLButtonElement>(null)
  useEffect(() => first.current?.focus(), [])
  const close = () => {
    closeDialog()
    onClose()
  }
  return (
    <Dialog title={title} onClose={close}>
      <div class="body">
        <p>{children}</p>
        <div class="row">
          <button type="button" class="primary" ref={first} onClick={close}>
            Go on
          </button>
        </div>
      </div>
    </Dialog>
  )
}
