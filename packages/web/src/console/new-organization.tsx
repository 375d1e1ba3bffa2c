// A new organization with all that it needs for its first token, in one form.
import type { VNode } from 'preact'
import { ActButton } from '../shared/act/act-button.tsx'
import { reasonAgainst } from '../shared/act/act.tsx'
import { announce } from '../shared/components/announcer.tsx'
import { openDialog } from '../shared/components/open-dialog.tsx'

export interface NewOrganizationProps {
  readonly realm: string
  readonly label?: string
  readonly tone?: 'primary'
}

export function NewOrganization({ realm, label = 'New organization', tone = 'primary' }: NewOrganizationProps): VNode {
  return (
    <ActButton
      label={label}
      tone={tone}
      reason={reasonAgainst('organizations.create')}
      onOpen={(button) => void openNewOrganization(realm, button)}
      onSoon={load}
    />
  )
}

const load = () => Promise.all([import('./new-organization-dialog.tsx'), import('@countersign/admin/forms')]).catch(() => undefined)

export async function openNewOrganization(realm: string, opener?: HTMLElement): Promise<void> {
  const loaded = await load()
  if (!loaded) return announce('The form could not be loaded. The server was probably updated: load this page again.')
  const [{ NewOrganizationDialog }, { forms }] = loaded
  openDialog(() => <NewOrganizationDialog realm={realm} forms={forms} />, opener)
}
