// A button that makes one change: what it asks, what it says before and after, comes from the table of operations and its forms.
import type { ComponentChildren, VNode } from 'preact'
import type { OperationInput, OperationName, OperationOutput } from '@countersign/admin'
import { table } from '@countersign/admin/table'
import { may } from '../session.ts'

export interface ActProps<Name extends OperationName> {
  readonly operation: Name
  /** Members of the path that the page knows; the form asks for the others. */
  readonly params: Partial<OperationInput<Name>['params']>
  /** What the button says: a verb of the reader. Also the question of the dialog, unless `title` says it. */
  readonly label: string
  readonly title?: string
  /** Members of the body that are decided by the page; the form does not show them. */
  readonly fixed?: Readonly<Record<string, unknown>>
  /** What the fields begin with. */
  readonly initial?: Readonly<Record<string, unknown>>
  /** The members that the form shows, in this order; the rest is behind "More settings". By default those that are required. */
  readonly fields?: readonly string[]
  /** The version that the page shows, for If-Match. */
  readonly version?: number
  /** Who is affected and what happens next; shown before the button. */
  readonly consequence?: ComponentChildren
  readonly tone?: 'primary' | 'danger'
  readonly onDone?: (output: OperationOutput<Name>) => void
}

export function Act<Name extends OperationName>({ operation, label, tone }: ActProps<Name>): VNode {
  const { scope } = table[operation]
  const isAllowed = may(scope)
  return (
    <button type="button" class={tone} aria-disabled={!isAllowed} title={isAllowed ? undefined : `You may look: changing needs ${scope}.`}>
      {label}
    </button>
  )
}
