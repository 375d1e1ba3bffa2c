import type { ComponentChildren, VNode } from 'preact'
import type { StepName, StepState } from '../wizard.ts'

const words = { done: 'done', here: 'now', later: 'later' } as const

export interface WizardStepProps {
  readonly name: StepName
  readonly state: StepState
  readonly title: string
  readonly children: ComponentChildren
}

/** One of the four steps: its number, or a tick. */
export function WizardStep({ name, state, title, children }: WizardStepProps): VNode {
  return (
    <li class={state} aria-current={state === 'here' ? 'step' : undefined}>
      <div>
        <h2 id={idOf(name)} tabIndex={-1}>
          {title}
          <span class="unseen"> ({words[state]})</span>
        </h2>
        {children}
      </div>
    </li>
  )
}

const idOf = (name: StepName) => `step-${name}`

/** The button that was pressed is gone with its step: the focus moves on, and the next heading is read out. */
export function focusStep(name: StepName): void {
  setTimeout(() => document.getElementById(idOf(name))?.focus(), 50)
}
