import type { VNode } from 'preact'
import type { OperationName } from '@countersign/admin'
import { commandLineOf } from '@countersign/admin/command-line'
import { Copyable } from '../../shared/components/copyable.tsx'
import type { Verdict, VerdictKind } from '../../shared/rotation-verdict.ts'

const steps = {
  'no-secret': 'rotation.start',
  'one-secret': 'rotation.start',
  due: 'rotation.start',
  unproven: 'rotation.get',
  'in-use': 'rotation.get',
  'cuts-off': 'rotation.extend',
  'can-end': 'rotation.confirm',
} as const satisfies Record<VerdictKind, OperationName>

interface RotationCommandProps {
  readonly realm: string
  readonly client: string
  readonly verdict: Verdict
  /** What a longer window would be, in seconds. */
  readonly longer: number
}

/** The step that the page proposes, as a command. */
export function RotationCommand({ realm, client, verdict: { kind }, longer }: RotationCommandProps): VNode | null {
  const step = steps[kind]
  const line = commandLineOf(step, { params: { realm, client }, ...(step === 'rotation.extend' && { body: { window: longer } }) })
  if (!line) return null
  return (
    <div class="secret">
      <Copyable text={line.text} shown={line.text} name="command" />
    </div>
  )
}
