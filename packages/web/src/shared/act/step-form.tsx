// The form of a dialog that takes a step: its content, the button that takes it, and one that closes the dialog.
import type { ComponentChildren, RefObject, VNode } from 'preact'
import { closeDialog } from '../components/open-dialog.tsx'

export interface StepFormProps {
  readonly form?: RefObject<HTMLFormElement | null>
  /** Of the button. */
  readonly label: string
  readonly isDanger?: boolean
  readonly isLocked: boolean
  readonly onSubmit: () => void
  readonly children: ComponentChildren
}

export function StepForm({ form, label, isDanger = false, isLocked, onSubmit, children }: StepFormProps): VNode {
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!isLocked) onSubmit()
      }}
    >
      {children}
      <div class="row ends">
        <button type="submit" class={isDanger ? 'danger primary' : 'primary'} disabled={isLocked}>
          {label}
        </button>
        <button type="button" onClick={closeDialog}>
          Close
        </button>
      </div>
    </form>
  )
}

/** For `keep` of a dialog: what closing loses once something was typed. */
export const unsent = { question: 'What you wrote is not sent, and would be lost.', stay: 'Keep editing', leave: 'Discard it' }
