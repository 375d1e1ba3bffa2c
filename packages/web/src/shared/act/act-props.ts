// What a page says of a change that it offers.
import type { ComponentChildren } from 'preact'
import type { OperationInput, OperationName, OperationOutput } from '@countersign/admin'

export interface ActProps<Name extends OperationName> {
  readonly operation: Name
  /** Members of the path that the page knows; the form asks for the others. */
  readonly params: Partial<OperationInput<Name>['params']>
  /** What the button says: a verb of the reader. Also the question of the dialog, unless `title` says it. */
  readonly label: string
  readonly title?: string
  /** Members of the body that are decided by the page; the form does not show them. */
  readonly fixed?: Readonly<Record<string, unknown>>
  /** What the fields begin with. For an edit: what the page shows, of which only the changes are sent. */
  readonly initial?: Readonly<Record<string, unknown>>
  /** The members that the form shows, in this order; the rest is behind "More settings". By default those that are required. With an empty list
   * there are no others. */
  readonly fields?: readonly string[]
  /** Members that the form does not offer, because they mean nothing here. */
  readonly leaves?: readonly string[]
  /** Members that are needed here, although the operation does not always need them. */
  readonly needs?: readonly string[]
  /** What can be chosen in a field, by member: instead of typing it. */
  readonly choices?: Readonly<Record<string, readonly Choice[]>>
  /** What fields are called here, by member. */
  readonly names?: Readonly<Record<string, string>>
  /** What fields say below themselves here, by member. */
  readonly hints?: Readonly<Record<string, string>>
  /** The version that the page shows, for If-Match. */
  readonly version?: number
  /** Who is affected and what happens next; shown before the button. */
  readonly consequence?: ComponentChildren
  readonly tone?: 'primary' | 'danger'
  /** For a delete: what has to be typed; by default the last member of the path. */
  readonly typedName?: string
  /** Why it cannot be done now; the button then only says so. */
  readonly unavailable?: string | undefined
  /** That is always shown, and not only where the button has the focus or the pointer. */
  readonly isTold?: boolean
  /** What is said when it is done, such as "Acme may act for Alder Retail now". */
  readonly done?: string | ((output: OperationOutput<Name>) => string)
  /** Called with the answer, without its secret. */
  readonly onDone?: (output: OperationOutput<Name>) => void
}

export interface Choice {
  readonly value: string
  readonly label?: string
}
