// A text to type in a form that is no operation. What is wrong stands below it, as in the forms of operations, not in a bubble of the browser.
import type { VNode } from 'preact'
import { useId, useState } from 'preact/hooks'

export interface TextFieldProps {
  readonly name: string
  readonly label: string
  readonly autocomplete: 'name' | 'email' | 'organization' | 'username' | 'current-password' | 'off'
  readonly maxLength: number
  readonly type?: 'email' | 'password'
  readonly pattern?: string
  readonly defaultValue?: string
  readonly hint?: string
  /** What to write instead of a text that does not fit the type or the pattern. */
  readonly expected?: string
  /** What the server says is wrong. */
  readonly wrong?: string | undefined
}

export function TextField({ label, hint, expected, wrong, ...control }: TextFieldProps): VNode {
  const id = useId()
  const [seen, setSeen] = useState<string>()
  const said = seen ?? wrong
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        // The types of Preact want to know which of its types an input has.
        {...(control as object)}
        id={id}
        required
        spellcheck={control.autocomplete === 'name'}
        aria-invalid={said !== undefined || undefined}
        aria-describedby={[hint && `${id}-hint`, said && `${id}-wrong`].filter(Boolean).join(' ') || undefined}
        onInvalid={(event) => {
          event.preventDefault()
          const { currentTarget } = event
          setSeen(currentTarget.validity.valueMissing ? 'This is needed.' : expected)
          // The browser moves the focus only with its bubble.
          if (currentTarget.form?.querySelector('input:invalid') === currentTarget) currentTarget.focus()
        }}
        onInput={() => setSeen(undefined)}
      />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
      {said && (
        <small id={`${id}-wrong`} class="wrong">
          {said}
        </small>
      )}
    </div>
  )
}
