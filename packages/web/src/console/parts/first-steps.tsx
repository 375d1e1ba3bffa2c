// The four steps of a new realm, ticked as they happen.
import type { ComponentChildren, VNode } from 'preact'
import { Act } from '../../shared/act/act.tsx'
import { Card } from '../../shared/components/card.tsx'
import { Icon } from '../../shared/components/icon.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { may } from '../../shared/session.ts'
import { NewOrganization } from '../new-organization.tsx'

export interface FirstStepsProps {
  readonly realm: string
  readonly organizations: number
  readonly clients: number
}

export function FirstSteps({ realm, organizations, clients }: FirstStepsProps): VNode | null {
  const { answers } = useReads({
    realms: read('realms.list', { params: {} }),
    guards: read('guards.list', { params: { realm }, query: { limit: 1 } }, { when: may('audit:read') }),
    tokens: read(
      'usage.series',
      { params: { realm }, query: { step: 'day', what: 'token', by: 'outcome' } },
      { when: may('clients:read') },
    ),
  })
  const tokenUrl = answers?.realms.items.find(({ name }) => name === realm)?.tokenUrl
  const issued = answers?.tokens?.series.some(({ key, total }) => key === 'issued' && total > 0) ?? false
  if (answers && issued) return null
  return (
    <Card title="Four steps to the first call">
      <ol class="steps">
        <Step isDone={organizations > 0} title="Create an organization">
          <p class="soft">An organization is a company that calls your API. The provider of the API is one as well.</p>
          <NewOrganization realm={realm} />
        </Step>
        <Step isDone={clients > 0} title="Create a client for it">
          <p class="soft">A client is one backend of that company, with a secret of its own, which is shown only once.</p>
          {organizations > 0 && (
            <Act operation="clients.create" params={{ realm }} label="New client" fields={['organization', 'name', 'scopes']} />
          )}
        </Step>
        <Step isDone={(answers?.guards?.items.length ?? 0) > 0} title="Put the guard in front of the API">
          <p class="soft">
            The guard checks the token of each call. It needs a client with the scopes <code>entitlements:read</code> and{' '}
            <code>decisions:write</code>.
          </p>
          <Copyable text="npm install @countersign/guard" shown="npm install @countersign/guard" name="the command" />
        </Step>
        <Step isDone={issued} title="Get the first token">
          <p class="soft">The client asks for it here, with its id and secret:</p>
          {tokenUrl !== undefined && <Copyable text={tokenUrl} shown={tokenUrl} name="token URL" />}
        </Step>
      </ol>
    </Card>
  )
}

interface StepProps {
  readonly isDone: boolean
  readonly title: string
  readonly children: ComponentChildren
}

function Step({ isDone, title, children }: StepProps): VNode {
  return (
    <li class={isDone ? 'done' : undefined}>
      <h3>
        {isDone && <Icon name="done" />} {title}
        {isDone && <span class="unseen">, done</span>}
      </h3>
      {!isDone && children}
    </li>
  )
}
