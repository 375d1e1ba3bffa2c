// The secret in the answer of a step, and what to say where the answer that had it was lost.
import type { ComponentChildren, VNode } from 'preact'
import type { OperationName, OperationOutput } from '@countersign/admin'
import { table, type OperationRow } from '@countersign/admin/table'
import { closeDialog, Dialog } from '../components/dialog.tsx'
import { queries } from '../reads.ts'
import type { FormInput } from './form-plan.ts'
import { ShownSecret } from './shown-secret.tsx'

export interface FoundSecret {
  readonly clientId: string
  readonly tokenUrl: string | undefined
  /** Null if it was in an answer that was lost. */
  readonly secret: string | null
  /** What to do where it is lost. */
  readonly remedy: string
}

/** @returns undefined if the step makes no secret, or made none this time */
export function secretOf(
  operation: OperationName,
  output: OperationOutput<OperationName>,
  { params }: FormInput,
  wasRepeated: boolean,
): FoundSecret | undefined {
  const row: OperationRow = table[operation]
  if (!row.secret) return undefined
  const { clientSecret: secret, client } = output as OperationOutput<'clients.create' | 'rotation.start'>
  if (secret === null && !wasRepeated) return undefined
  const clientId = typeof client === 'string' ? client : client.clientId
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
export function tokenUrlOf(realm: string): string | undefined {
  const realms = queries.getQueryData<OperationOutput<'realms.list'>>(['realms.list', { params: {} }])
  return realms?.items.find(({ name }) => name === realm)?.tokenUrl
}

export interface SecretOfAnswerProps {
  readonly found: FoundSecret
  readonly title?: string
  /** What else is shown with the secret. */
  readonly children?: ComponentChildren
  readonly onClose: () => void
}

export function SecretOfAnswer({ found, title = 'The new secret', children, onClose }: SecretOfAnswerProps): VNode {
  const { clientId, secret, tokenUrl, remedy } = found
  if (secret !== null)
    return (
      <ShownSecret title={title} clientId={clientId} secret={secret} tokenUrl={tokenUrl} onClose={onClose}>
        <p class="soft">Hand it over through a secure channel, and keep no copy.</p>
        {children}
      </ShownSecret>
    )
  const close = () => {
    closeDialog()
    onClose()
  }
  return (
    <Dialog title="It was done, but the secret is lost" onClose={close}>
      <div class="body">
        <p>
          The secret of <code>{clientId}</code> was in the answer that did not arrive, and it is not shown again. {remedy}
        </p>
        <div class="row">
          <button type="button" class="primary" onClick={close}>
            Go on
          </button>
        </div>
      </div>
    </Dialog>
  )
}
