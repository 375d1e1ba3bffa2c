// What is changed about a person: the role at the portal, and whether the person is there at all.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from './act/act.tsx'
import { Name } from './components/name.tsx'
import { isOperator } from './session.ts'

export interface PersonChangesProps {
  readonly realm: string
  /** The slug. */
  readonly organization: string
  readonly person: Pick<OperationOutput<'people.list'>['items'][number], 'id' | 'name' | 'role' | 'signIn'>
  /** Why neither can be done. */
  readonly unavailable?: string | undefined
}

export function PersonChanges({ realm, organization, person: { id, name, role, signIn }, unavailable }: PersonChangesProps): VNode {
  const params = { realm, organization, person: id }
  return (
    <span class="row end side-by-side">
      {role !== null && (
        <Act
          operation="people.setRole"
          params={params}
          label="Change the role"
          title={`Change the role of ${name}?`}
          initial={{ role }}
          fields={['role']}
          consequence={
            <p>
              It is in force with the next click of <Name>{name}</Name>.
            </p>
          }
          done={({ role: now }) => `${name} has the role “${now}” now.`}
          unavailable={unavailable ?? (signIn === 'idp' ? 'The role follows from the groups at the company.' : undefined)}
        />
      )}
      <Act
        operation="people.remove"
        params={params}
        label="Remove"
        title={`Remove ${name}?`}
        tone="danger"
        consequence={
          <p>
            <Name>{name}</Name> is signed out everywhere.{' '}
            {signIn === 'idp'
              ? 'As long as the company lets them in and a group has a role, they can sign in again.'
              : 'The passkeys are of no use any more: only a new invitation lets them in again.'}
            {isOperator() && ' What they did stays in the audit log.'}
          </p>
        }
        done={`${name} was removed.`}
        unavailable={unavailable}
      />
    </span>
  )
}
