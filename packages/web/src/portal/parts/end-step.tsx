// Step 4: ends the old secret. A session that stands on it moves to the new one first, which also shows that the new one was saved.
import type { VNode } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { StepFailed } from '../../shared/act/failed.tsx'
import { useAttempt } from '../../shared/act/use-attempt.ts'
import { CallError, unreachable } from '../../shared/call-error.ts'
import { Callout } from '../../shared/components/card.tsx'
import { Countdown } from '../../shared/components/countdown.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf } from '../../shared/count.ts'
import { describeMoment } from '../../shared/describe-time.ts'
import { refreshAll } from '../../shared/reads.ts'
import { notMovedOf, usualUse, type Place } from '../../shared/rotation-verdict.ts'
import { confirmSession, session } from '../../shared/session.ts'
import { zone } from '../../shared/settings.ts'
import { needsProof, type StepState } from '../wizard.ts'

export interface EndStepProps {
  readonly state: StepState
  readonly client: OperationOutput<'clients.get'>
  readonly rotation: OperationOutput<'rotation.get'>
  readonly places: readonly Place[]
  /** The new one, if this page has made it. */
  readonly secret: string | undefined
  readonly now: number
  readonly onEnded: () => void
}

export function EndStep(props: EndStepProps): VNode {
  const { state, rotation } = props
  if (state === 'done')
    return (
      <Callout tone="ok">
        <p role="status">
          <b>Done. The old secret has ended.</b> The secret that works now ends in <code>{rotation.secrets[0]?.lastFour}</code>. Tokens that
          were issued before stay good until they expire.
        </p>
      </Callout>
    )
  return state === 'here' ? <End {...props} /> : <NotYet {...props} />
}

function NotYet({ rotation: { confirmableAt, state }, now }: EndStepProps): VNode {
  if (state === 'overlapping' && confirmableAt !== null && Date.parse(confirmableAt) > now)
    return (
      <p>
        Possible from {describeMoment(confirmableAt, now, zone.value)} if it is not used again: in <Countdown until={confirmableAt} />.
        Ending it now would cut off what still uses it.
      </p>
    )
  return (
    <p>Possible once the new secret is in use, and the old one has not been used for a while. Ending it sooner would cut something off.</p>
  )
}

function End({ client, rotation, places, secret, now, onEnded }: EndStepProps): VNode {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const { isBusy, failure, send } = useAttempt('rotation.confirm')
  const [wrong, setWrong] = useState<string>()
  const fresh = rotation.secrets[0]?.lastFour ?? ''
  const mustProve = needsProof(rotation, session.value!)
  const silent = notMovedOf(places)
  const tooSoon = usualUse(rotation, now)
  const end = async () => {
    if (mustProve) {
      const proof = secret ?? field.current?.value.trim() ?? ''
      if (proof === '') {
        field.current?.focus()
        return setWrong('This is needed.')
      }
      if (!proof.endsWith(fresh)) return setWrong(`This is not the new secret, which ends in ${fresh}.`)
      try {
        await confirmSession({ clientSecret: proof })
      } catch (thrown) {
        return setWrong((thrown instanceof CallError ? thrown : unreachable()).detail)
      }
      setWrong(undefined)
    }
    const sent = await send({ params: { realm: client.realm, client: client.clientId }, body: {} })
    if ('error' in sent) return
    onEnded()
    await refreshAll()
  }
  return (
    <form
      class="grid"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void end()
      }}
    >
      <p>
        The old secret, <code>…{rotation.secrets[1]?.lastFour}</code>, was last used <Time at={rotation.oldSecretLastUsedAt} />.
        {silent.length > 0 &&
          ` ${countOf(silent.length, 'address has', 'addresses have')} not asked since with the new one: look above whether it is still needed there.`}
      </p>
      {tooSoon && (
        <Callout tone="warn">
          {tooSoon} Better wait until {describeMoment(rotation.endAdvisedAt!, now, zone.value)}, unless you know that every instance has the
          new one.
        </Callout>
      )}
      {mustProve && secret === undefined && (
        <div class="field">
          <label for={id}>The new secret, which ends in {fresh}</label>
          <input
            id={id}
            ref={field}
            type="password"
            autocomplete="off"
            maxLength={256}
            aria-invalid={wrong !== undefined || undefined}
            aria-describedby={wrong ? `${id}-wrong` : `${id}-why`}
          />
          <small id={`${id}-why`}>You signed in with the old one. This keeps you signed in, and shows that the new one was saved.</small>
        </div>
      )}
      {wrong !== undefined && (
        <p id={`${id}-wrong`} class="wrong" role="alert">
          {wrong}
        </p>
      )}
      {failure && failure.kind !== 'changed' && <StepFailed kind={failure.kind} error={failure.error} onAgain={() => void end()} />}
      <div class="row">
        <button type="submit" class="primary" disabled={isBusy || failure?.kind === 'lost'}>
          End the old secret
        </button>
      </div>
    </form>
  )
}
