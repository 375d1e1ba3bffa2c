// The steps of a rotation as buttons, each with what it does to which callers.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Time } from '../../shared/components/time.tsx'
import { secondsLonger } from '../pages/rotation-board.ts'
import { cutOffBy, describeStanding, isNewInUse, type Place, type Verdict } from '../../shared/rotation-verdict.ts'
import { whyNotClient } from './operator-standing.ts'
import { Address } from '../../shared/secret-uses.tsx'

export interface RotationActionsProps {
  readonly client: OperationOutput<'clients.get'>
  readonly rotation: OperationOutput<'rotation.get'>
  readonly places: readonly Place[]
  readonly verdict: Verdict
  readonly now: number
}

export function RotationActions({ client, rotation, places, verdict, now }: RotationActionsProps): VNode {
  const shared = { params: { realm: client.realm, client: client.clientId }, unavailable: whyNotClient(client) }
  const { secrets, state, maxWindowEndsAt, windowEndsAt } = rotation
  const [fresh, old] = secrets
  if (state === 'stable' || !old || !fresh)
    return (
      <Act
        operation="rotation.start"
        {...shared}
        label={secrets.length === 0 ? 'Make a secret' : 'Replace the secret'}
        tone="primary"
        fields={['window', 'reason']}
        consequence={
          secrets.length > 0 && <p>A second secret is made, and both are good until the window ends. Nothing is cut off before that.</p>
        }
      />
    )
  const isLongest = maxWindowEndsAt !== null && windowEndsAt !== null && windowEndsAt >= maxWindowEndsAt
  return (
    <>
      {verdict.kind === 'can-end' && (
        <Act
          operation="rotation.confirm"
          {...shared}
          label="End the old secret"
          tone="primary"
          fields={['reason']}
          consequence={
            <>
              <p>
                The old secret <code>…{old.lastFour}</code> gets no tokens from now on. This cannot be undone.
              </p>
              <CutOffs places={cutOffBy(places)} now={now} />
            </>
          }
        />
      )}
      {!isLongest && (
        <Act
          operation="rotation.extend"
          {...shared}
          label="Give it longer"
          initial={{ window: secondsLonger(rotation, now) }}
          fields={['window', 'reason']}
          consequence={
            <p>
              Both secrets stay good for longer; at most until <Time at={maxWindowEndsAt} />.
            </p>
          }
        />
      )}
      <Act
        operation="rotation.cancel"
        {...shared}
        label="Cancel the rotation"
        tone="danger"
        fields={['reason']}
        isTold
        unavailable={isNewInUse(rotation, now) ? 'The new secret is in use: its callers would be cut off.' : shared.unavailable}
        consequence={
          <p>
            The new secret <code>…{fresh.lastFour}</code> ends now, and the old one stays. {usersOfNew(places)} This cannot be undone.
          </p>
        }
      />
    </>
  )
}

function usersOfNew(places: readonly Place[]): string {
  const users = places.filter(({ newLastAt }) => newLastAt !== null)
  if (users.length === 0) return 'The new one was not used.'
  return `The new one was used from ${users.length === 1 ? '1 address' : `${users.length} addresses`}, which must have the old one again.`
}

/** Who would get no tokens without the old secret. */
export function CutOffs({ places, now }: { readonly places: readonly Place[]; readonly now: number }): VNode {
  if (places.length === 0) return <p>No address is known that has the old secret only.</p>
  return (
    <>
      <p>{places.length === 1 ? 'This address may be cut off:' : `These ${places.length} addresses may be cut off:`}</p>
      <ul class="affected">
        {places.map((place) => (
          <li key={place.address}>
            <Address>{place.address}</Address> {describeStanding(place, now).words}, used the old secret <Time at={place.oldLastAt} />
          </li>
        ))}
      </ul>
    </>
  )
}
