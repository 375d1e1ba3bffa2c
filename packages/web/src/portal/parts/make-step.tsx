// Step 1: makes the second secret. One click: nothing stops by it, and it can be taken back.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { StepFailed } from '../../shared/act/failed.tsx'
import { useAttempt } from '../../shared/act/use-attempt.ts'
import { Callout } from '../../shared/components/card.tsx'
import { Time } from '../../shared/components/time.tsx'
import { refreshAll } from '../../shared/reads.ts'
import { isPerson } from '../own.ts'
import type { StepState } from '../wizard.ts'

export interface MakeStepProps {
  readonly state: StepState
  readonly client: OperationOutput<'clients.get'>
  readonly rotation: OperationOutput<'rotation.get'>
  readonly onMade: (secret: string) => void
}

export function MakeStep({ state, client, rotation, onMade }: MakeStepProps): VNode {
  const { isBusy, failure, send } = useAttempt('rotation.start')
  const [isLost, setLost] = useState(false)
  const [newest] = rotation.secrets
  const make = async () => {
    const sent = await send({ params: { realm: client.realm, client: client.clientId }, body: {} })
    if ('error' in sent) return
    const { clientSecret } = sent.output
    setLost(clientSecret === null)
    if (clientSecret !== null) onMade(clientSecret)
    await refreshAll()
  }
  if (state === 'done')
    return (
      <>
        <p class="soft">
          Made{' '}
          {rotation.startedBy === 'operator'
            ? 'by the provider, '
            : rotation.startedBy === 'client'
              ? `by ${isPerson() ? 'your company' : 'you'}, `
              : ''}
          <Time at={newest?.createdAt} />. It ends in <code>{newest?.lastFour}</code>.
        </p>
        {isLost && (
          <Callout tone="warn">
            The secret was in an answer that did not arrive, and it is not shown again. Choose “I lost it: start over” below.
          </Callout>
        )}
      </>
    )
  return (
    <div class="grid">
      <p class="soft">
        {newest ? (
          <>
            The one that you have ends in <code>{newest.lastFour}</code>, was made <Time at={newest.createdAt} /> and stays good.
          </>
        ) : (
          'This client has no secret: it gets no tokens until one is made.'
        )}
      </p>
      {failure && failure.kind !== 'changed' && <StepFailed kind={failure.kind} error={failure.error} onAgain={() => void make()} />}
      <div class="row">
        <button type="button" class="primary" disabled={isBusy || failure?.kind === 'lost'} onClick={() => void make()}>
          Make a new secret
        </button>
      </div>
    </div>
  )
}
