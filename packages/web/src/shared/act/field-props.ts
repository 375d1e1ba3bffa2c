// What a field of a form gets, and what its control says of itself.
import type { Field } from '@countersign/admin/forms'
import type { Choice } from './act-props.ts'
import type { Typed } from './field-values.ts'

export interface FieldProps {
  readonly pointer: string
  readonly label: string
  readonly field: Field
  readonly typed: Typed
  readonly wrong?: string | undefined
  readonly choices?: readonly Choice[] | undefined
  /** Every field of an edit can stay as it is. */
  readonly isEdit?: boolean | undefined
  readonly onType: (typed: Typed) => void
}

/** What a control says of itself, whichever it is. */
export interface Described {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': boolean | undefined
  readonly 'aria-required': boolean | undefined
  readonly 'data-wrong': boolean | undefined
}
