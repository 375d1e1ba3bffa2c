import type { ComponentChildren, VNode } from 'preact'
import type { StepState } from '../wizard.ts'

const words = { done: 'done', here: 'now', later: 'later' } as const

export interface WizardStepProps {
  readonly state: StepState
  readonly title: string
  readonly children: ComponentChildren
}

/** One of the four steps: its number, or a tick. */
export function WizardStep({ state, title, children }: WizardStepProps): VNode {
  return (
    <li class={state} aria-current={state === 'here' ? 'step' : undefined}>
      <div>
        <h2>
          {title}
          <span class="unseen"> ({words[state]})</span>
        </h2>
        {children}
      </div>
    </li>
  )
}
