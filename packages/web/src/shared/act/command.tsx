// The same step as a command, to copy.
import type { VNode } from 'preact'
import type { OperationName } from '@countersign/admin'
import { commandLineOf } from '@countersign/admin/command-line'
import { Copyable } from '../components/copyable.tsx'
import { isOperator } from '../session.ts'
import { nameOf } from './field-names.ts'
import type { FormInput } from './form-plan.ts'

export interface SameAsCommandProps {
  readonly operation: OperationName
  readonly input: FormInput
  /** What the form needs is there. */
  readonly isComplete: boolean
}

export function SameAsCommand({ operation, input, isComplete }: SameAsCommandProps): VNode | null {
  const line = isOperator() ? commandLineOf(operation, input) : undefined
  if (!line) return null
  const files = new Set(line.text.match(/(?<= )[a-z]+\.(?:csv|json|md|pem)\b/g))
  return (
    <details class="small">
      <summary>The same as a command</summary>
      <div class="secret">
        <Copyable text={line.text} shown={line.text} name="command" />
      </div>
      {!isComplete && <p class="soft">It is complete when the form is filled in.</p>}
      {files.size > 0 && <p class="soft">{[...files].join(', ')}: put there what the form has.</p>}
      {line.missing.length > 0 && (
        <p class="soft">It has no option for: {line.missing.map((member) => nameOf(member).toLowerCase()).join(', ')}.</p>
      )}
    </details>
  )
}
