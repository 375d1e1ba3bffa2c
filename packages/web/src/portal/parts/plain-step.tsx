// The dialog of a step that is no operation of the table, such as removing a passkey: no command could do it.
import type { ComponentChildren, VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { StepFailed } from '../../shared/act/failed.tsx'
import { focusWrong } from '../../shared/act/focus-wrong.ts'
import { keepFocus } from '../../shared/act/keep-focus.ts'
import { kindOf } from '../../shared/act/outcome.ts'
import { StepForm } from '../../shared/act/step-form.tsx'
import { CallError, unreachable } from '../../shared/call-error.ts'
import { announce } from '../../shared/components/announcer.tsx'
import { Dialog } from '../../shared/components/dialog.tsx'
import { closeDialog } from '../../shared/components/open-dialog.tsx'

export interface PlainStepProps {
  readonly title: string
  /** Of the button. */
  readonly label: string
  readonly isDanger?: boolean
  /** What is said when it is done. */
  readonly done: string
  /** @throws CallError */
  readonly act: () => Promise<unknown>
  readonly onDone: () => void
  readonly children: ComponentChildren
}

export function PlainStep({ title, label, isDanger = false, done, act, onDone, children }: PlainStepProps): VNode {
  const [error, setError] = useState<CallError>()
  const [isBusy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const run = async () => {
    setBusy(true)
    try {
      await act()
      closeDialog()
      keepFocus()
      announce(done)
      onDone()
    } catch (thrown) {
      setError(thrown instanceof CallError ? thrown : unreachable())
      focusWrong(form.current)
    }
    setBusy(false)
  }
  const kind = error && kindOf(error)
  return (
    <Dialog title={title}>
      <StepForm form={form} label={label} isDanger={isDanger} isLocked={isBusy} onSubmit={() => void run()}>
        {children}
        {error && kind && (
          <StepFailed kind={error.code === 'passkey' || kind === 'changed' ? 'refused' : kind} error={error} onAgain={() => void run()} />
        )}
      </StepForm>
    </Dialog>
  )
}
