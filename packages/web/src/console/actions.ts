// What can be begun from the palette: changes that need nothing of a page.
import { openAct, reasonAgainst } from '../shared/act/act.tsx'
import { openNewOrganization } from './new-organization.tsx'

export interface Action {
  readonly name: string
  readonly open: () => void
}

/** Those that the reader may do. */
export function actionsOf(realm: string): readonly Action[] {
  const params = { realm }
  const actions = [
    ['organizations.create', 'New organization', () => openNewOrganization(realm)],
    [
      'partners.register',
      'Register a partner',
      () => openAct({ operation: 'partners.register', params, fixed: { onlyNew: true }, label: 'Register a partner' }),
    ],
    [
      'dpa.publish',
      'Publish a version of the agreement',
      () => openAct({ operation: 'dpa.publish', params, label: 'Publish the version', fields: ['version', 'requiredFrom', 'description'] }),
    ],
    ['claimSets.create', 'Make a claim set', () => openAct({ operation: 'claimSets.create', params, label: 'Make a claim set' })],
  ] as const
  return actions
    .filter(([operation]) => reasonAgainst(operation) === undefined)
    .map(([, name, open]) => ({ name, open: () => void open() }))
}
