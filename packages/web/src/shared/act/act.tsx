// A button that makes one change: what it asks, what it says before and after, comes from the table of operations and its forms. The form
// itself is loaded when it opens.
import type { VNode } from 'preact'
import type { OperationName } from '@countersign/admin'
import { table, type OperationRow } from '@countersign/admin/table'
import { announce } from '../components/announcer.tsx'
import { openDialog } from '../components/dialog.tsx'
import { may } from '../session.ts'
import { ActButton } from './act-button.tsx'
import type { ActProps } from './act-props.ts'

export function Act<Name extends OperationName>(props: ActProps<Name>): VNode {
  const { operation, label, tone, unavailable } = props
  return (
    <ActButton
      label={label}
      tone={tone}
      reason={unavailable ?? reasonAgainst(operation)}
      onOpen={(button) => void openAct(props, button)}
      onSoon={loadForms}
    />
  )
}

/** Why the reader may not do it. */
export function reasonAgainst(operation: OperationName): string | undefined {
  const { scope }: OperationRow = table[operation]
  return scope === null || may(scope) ? undefined : `You may look: changing needs ${scope}.`
}

const loadForms = () => Promise.all([import('./act-dialog.tsx'), import('@countersign/admin/forms')]).catch(() => undefined)

/** Opens the dialog without a button of its own, for example from a list of actions. */
export async function openAct<Name extends OperationName>(props: ActProps<Name>, opener?: HTMLElement): Promise<void> {
  const loaded = await loadForms()
  if (!loaded) return announce('The form could not be loaded. The server was probably updated: load this page again.')
  const [{ ActDialog }, { forms }] = loaded
  openDialog(() => <ActDialog {...(props as unknown as ActProps<OperationName>)} form={forms[props.operation]} />, opener)
}
