// Step 3: which addresses have the new secret, and which still ask with the old one.
import type { VNode } from 'preact'
import { Chip } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import type { Place } from '../../shared/rotation-verdict.ts'
import { Address } from '../../shared/secret-uses.tsx'
import { describePlace, type StepState } from '../wizard.ts'

export function SpreadStep({ state, places }: { readonly state: StepState; readonly places: readonly Place[] }): VNode | null {
  if (state === 'done' && places.length === 0) return null
  if (state === 'later') return <p>We watch for the first token with it. You will see it here, with the address it came from.</p>
  if (places.length === 0) return <p class="soft">No token was requested with either secret yet.</p>
  const isNewSeen = places.some(({ newLastAt }) => newLastAt !== null)
  return (
    <div class="grid">
      {!isNewSeen && <p class="soft">No token was requested with the new secret yet. It shows up here seconds after the first one.</p>}
      <ul class="lines" aria-label="Addresses">
        {places.map((place) => {
          const { tone, words, at } = describePlace(place)
          return (
            <li key={place.address ?? ''} class="row">
              <Chip tone={tone}>{place.standing === 'both' ? 'both' : tone === 'ok' ? 'new' : tone === 'warn' ? 'old' : 'silent'}</Chip>
              <span>
                <Address>{place.address}</Address> {words}{' '}
                <span class="soft">
                  (<Time at={at} />
                  {place.userAgent !== null && (
                    <>
                      , <Name>{place.userAgent}</Name>
                    </>
                  )}
                  )
                </span>
                {place.standing === 'both' && (
                  <>
                    , and used the old one <Time at={place.oldLastAt} />
                  </>
                )}
              </span>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
