// A button that makes one change: what it asks, what it says before and after, comes from the table of operations and its forms. The form
// itself is loaded when it opens.
import type { VNode } from 'preact'
import type { OperationName } from '@countersign/admin'
import type { Field, Fields, FormRow } from '@countersign/admin/forms'
import { table, type OperationRow } from '@countersign/admin/table'
import { announce } from '../components/announcer.tsx'
import { openDialog } from '../components/open-dialog.tsx'
import { isOperator, may, mayAs, session } from '../session.ts'
import { ActButton } from './act-button.tsx'
import type { ActProps } from './act-props.ts'

export function Act<Name extends OperationName>(props: ActProps<Name>): VNode {
  const { operation, label, tone, unavailable, isTold } = props
  return (
    <ActButton
      label={label}
      tone={tone}
      isTold={isTold}
      reason={unavailable ?? reasonAgainst(operation)}
      onOpen={(button) => void openAct(props, button)}
      onSoon={loadForms}
    />
  )
}

/** Why the reader may not do it. */
export function reasonAgainst(operation: OperationName): string | undefined {
  const { scope, portal }: OperationRow = table[operation]
  if (session.value && !isOperator())
    return portal && !mayAs(portal.role) ? `You may look: this needs the role “${portal.role}”.` : undefined
  return scope === null || may(scope) ? undefined : `You may look: changing needs ${scope}.`
}

const loadForms = () =>
  Promise.all([import('./act-dialog.tsx'), import('@countersign/admin/forms'), import('./fit-to-realm.ts')]).catch(() => undefined)

/** Opens the dialog without a button of its own, for example from a list of actions. */
export async function openAct<Name extends OperationName>(props: ActProps<Name>, opener?: HTMLElement): Promise<void> {
  const loaded = await loadForms()
  if (!loaded) return announce('The form could not be loaded. The server was probably updated: load this page again.')
  const [{ ActDialog }, { forms }, { fitToRealm }] = loaded
  const form = isOperator() ? forms[props.operation] : atPortal(forms[props.operation], table[props.operation], props.fields)
  const fitted = await fitToRealm(props, form)
  openDialog(() => <ActDialog {...(fitted.props as unknown as ActProps<OperationName>)} form={fitted.form} />, opener)
}

/** Only what the page asks for: what is refused there is left out, and a reason, which is for the audit log of operators. */
function atPortal(form: FormRow, { portal }: OperationRow, asked: readonly string[] | undefined): FormRow {
  const refused = new Set(['reason', ...(portal?.without ?? [])])
  const isShown = ([name, field]: [string, Field]) => !refused.has(name) && (field.required || (asked?.includes(name) ?? true))
  const shown = (fields: Fields) => Object.fromEntries(Object.entries(fields).filter(isShown))
  return { ...form, ...(form.body && { body: shown(form.body) }) }
}
