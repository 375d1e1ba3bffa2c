// One form that takes several steps, such as "New organization". It shows a tick for each, and after a failure it goes on where it stopped:
//
//   <ActSteps title="New organization?" label="Make it" steps={steps} check={check} isTyped={…} onDone={…}>
//     {({ isMade, errorsOf }) => fields, those of steps that are made disabled, each with its error}
//   </ActSteps>
//
// `steps` is read anew at each press of the button, so that a field can be corrected between two of them. A step whose id is among those made
// is never run again.
import type { ComponentChildren, VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { Dialog } from '../components/dialog.tsx'
import { Icon } from '../components/icon.tsx'
import type { FieldErrors } from './check-fields.ts'
import { StepFailed } from './failed.tsx'
import { focusWrong } from './focus-wrong.ts'
import { placeErrors } from './outcome.ts'
import { StepForm, unsent } from './step-form.tsx'
import { useStepRunner, type Made, type Step } from './step-runner.ts'

export interface StepsState {
  readonly isMade: (id: string) => boolean
  /** What the server said of the fields of this step, by JSON pointer. */
  readonly errorsOf: (id: string) => FieldErrors
}

export interface ActStepsProps {
  readonly title: string
  readonly label: string
  readonly steps: readonly Step[]
  /** Pointers of the fields by step: errors about others are shown above. */
  readonly pointers: Readonly<Record<string, readonly string[]>>
  /** Checks the fields before anything is sent; false if one is wrong, which the fields then show. */
  readonly check: () => boolean
  readonly isTyped: boolean
  readonly onDone: (made: Made, repeated: ReadonlySet<string>) => void
  readonly children: (state: StepsState) => ComponentChildren
}

export function ActSteps({ title, label, steps, pointers, check, isTyped, onDone, children }: ActStepsProps): VNode {
  const runner = useStepRunner()
  const form = useRef<HTMLFormElement>(null)
  const { made, running, failure } = runner
  const isMade = (id: string) => id in made
  const count = steps.filter(({ id }) => isMade(id)).length
  const failed = failure?.kind === 'fields' ? placeErrors(failure.error.errors, pointers[failure.id] ?? []) : undefined
  const go = async () => {
    const all = check() && (await runner.run(steps))
    if (all) onDone(all, runner.repeated)
    else focusWrong(form.current)
  }
  const isLocked = running !== undefined || failure?.kind === 'lost' || failure?.kind === 'again'
  const keep = count > 0 ? halfDone(count, steps.length) : isTyped ? unsent : undefined
  return (
    <Dialog title={title} keep={keep}>
      <StepForm form={form} label={count > 0 ? 'Go on' : label} isLocked={isLocked} onSubmit={() => void go()}>
        {failure && failure.kind !== 'changed' && (
          <StepFailed kind={failure.kind} error={failure.error} rest={failed?.rest ?? failure.error.errors} onAgain={() => void go()} />
        )}
        <fieldset class="plain" disabled={isLocked}>
          {children({ isMade, errorsOf: (id) => (failure?.id === id ? (failed?.placed ?? {}) : {}) })}
        </fieldset>
        <Ticks steps={steps} isMade={isMade} running={running} failed={failure?.id} />
      </StepForm>
    </Dialog>
  )
}

interface TicksProps {
  readonly steps: readonly Step[]
  readonly isMade: (id: string) => boolean
  readonly running: string | undefined
  readonly failed: string | undefined
}

function Ticks({ steps, isMade, running, failed }: TicksProps): VNode {
  const stateOf = (id: string) => (isMade(id) ? 'done' : running === id ? 'under way' : failed === id ? 'stopped here' : '')
  return (
    <ol class="ticks small" aria-label="What is done">
      {steps.map(({ id, title }, index) => (
        <li key={id} class={isMade(id) ? 'made' : undefined}>
          {isMade(id) ? <Icon name="done" /> : `${index + 1}.`} {title}
          {stateOf(id) && <span class="soft">: {stateOf(id)}</span>}
        </li>
      ))}
    </ol>
  )
}

function halfDone(count: number, all: number) {
  return { question: `${count} of ${all} steps are done and stay. The others are not done.`, stay: 'Back', leave: 'Leave the rest' }
}
