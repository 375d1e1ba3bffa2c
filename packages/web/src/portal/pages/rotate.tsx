import type { ComponentChildren, VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Callout } from '../../shared/components/card.tsx'
import { Time } from '../../shared/components/time.tsx'
import { pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { isUrgent } from '../../shared/rotation-urgency.ts'
import { cutsOffOf, findPlaces } from '../../shared/rotation-verdict.ts'
import { mayAs } from '../../shared/session.ts'
import { useNow } from '../../shared/use-now.ts'
import { mayRotate, own } from '../own.ts'
import { EndStep } from '../parts/end-step.tsx'
import { MakeStep } from '../parts/make-step.tsx'
import { SaveStep } from '../parts/save-step.tsx'
import { SpreadStep } from '../parts/spread-step.tsx'
import { focusStep, WizardStep } from '../parts/wizard-step.tsx'
import { stepsOf } from '../wizard.ts'

/** Where a step of the server is waited for. */
const every = 3000

export const page = definePage({
  path: '/clients/:client/rotate',
  title: 'Replace the secret',
  data: ({ client }) => {
    const { realm } = own()
    return {
      found: read('clients.get', { params: { realm, client } }),
      rotation: read('rotation.get', { params: { realm, client } }, { every }),
      uses: read('credentials.uses', { params: { realm }, query: { client, limit: 200 } }, { every, when: mayAs('developer') }),
    }
  },
  view: ({ found, rotation, uses }) =>
    mayRotate(found) ? <Wizard client={found} rotation={rotation} uses={uses} /> : <Onlooker client={found} rotation={rotation} />,
})

interface WizardProps {
  readonly client: OperationOutput<'clients.get'>
  readonly rotation: OperationOutput<'rotation.get'>
  readonly uses: OperationOutput<'credentials.uses'>
}

function Wizard({ client, rotation, uses }: WizardProps): VNode {
  const now = useNow()
  // In the memory of this page and nowhere else, until the page is left: step 4 proves it, so that the session does not end with the old one.
  const [secret, setSecret] = useState<string>()
  const [isSaved, setSaved] = useState(false)
  const [isEnded, setEnded] = useState(false)
  const isSecretShown = secret !== undefined && !isSaved
  const places = findPlaces(rotation, uses.items, now)
  const steps = stepsOf({ rotation, isSecretShown, isSaved, isEnded }, now)
  const { state, windowEndsAt } = rotation
  const cutsOff = cutsOffOf(rotation, now)
  return (
    <RotatePage client={client}>
      <p class="soft text">
        {isEnded ? (
          'The replacement is complete. You can leave this page.'
        ) : state === 'stable' ? (
          'Both secrets work for some days, or until you end the old one: nothing stops meanwhile.'
        ) : (
          <>
            Both secrets are good until <Time at={windowEndsAt} />.{' '}
            {isSecretShown ? 'Save the new one before you leave this page.' : 'You can leave this page and come back.'}
          </>
        )}
      </p>
      {isUrgent(rotation, cutsOff, now) && (
        <Callout tone="bad">
          The old secret ends by itself <Time at={windowEndsAt} />. What has only that one gets no tokens then; the provider can give it
          longer.
        </Callout>
      )}
      <ol class="card wizard">
        <WizardStep name="make" state={steps.make} title="Make a new secret">
          <MakeStep
            state={steps.make}
            client={client}
            rotation={rotation}
            onMade={(made) => {
              setSecret(made)
              setSaved(false)
              setEnded(false)
            }}
          />
        </WizardStep>
        <WizardStep
          name="save"
          state={steps.save}
          title={isSecretShown ? 'Save it now. It is shown only this once' : steps.save === 'here' ? 'Have you saved it?' : 'Save it'}
        >
          <SaveStep
            state={steps.save}
            client={client}
            rotation={rotation}
            secret={isSecretShown ? secret : undefined}
            now={now}
            onSaved={() => {
              setSaved(true)
              focusStep('spread')
            }}
            onLost={() => setSecret(undefined)}
          />
        </WizardStep>
        <WizardStep name="spread" state={steps.spread} title="Give it to every instance">
          <SpreadStep state={steps.spread} places={places} />
        </WizardStep>
        <WizardStep name="end" state={steps.end} title="End the old secret">
          <EndStep
            state={steps.end}
            client={client}
            rotation={rotation}
            places={places}
            secret={secret}
            now={now}
            onEnded={() => {
              setSecret(undefined)
              setEnded(true)
              focusStep('end')
            }}
          />
        </WizardStep>
      </ol>
    </RotatePage>
  )
}

function Onlooker({ client, rotation: { state, windowEndsAt } }: Pick<WizardProps, 'client' | 'rotation'>): VNode {
  return (
    <RotatePage client={client}>
      <Callout tone="warn">
        {mayAs('developer')
          ? 'This client works for the provider: sign in with the client itself, or ask the provider to replace the secret.'
          : 'You may look: replacing a secret needs the role “developer”.'}
      </Callout>
      <p>
        {state === 'stable' ? (
          'The secret is not being replaced.'
        ) : (
          <>
            A replacement is in progress: both secrets are good until <Time at={windowEndsAt} />.
          </>
        )}
      </p>
    </RotatePage>
  )
}

function RotatePage({
  client: { clientId, name },
  children,
}: Pick<WizardProps, 'client'> & { readonly children: ComponentChildren }): VNode {
  return (
    <Page
      title="Replace the secret without an outage"
      name={`Replace the secret of ${name}`}
      trail={[
        { to: '/clients', name: 'Clients' },
        { to: pathTo('clients', clientId), name },
      ]}
    >
      {children}
    </Page>
  )
}
