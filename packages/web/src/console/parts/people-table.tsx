// People who sign in themselves: at the portal by a passkey, or operators at their company.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf } from '../../shared/count.ts'
import { roleChoices } from './invite-to-portal.tsx'

export type Person = OperationOutput<'people.list'>['items'][number]

export interface PeopleTableProps {
  readonly realm: string
  /** The slug. */
  readonly organization: string
  readonly people: readonly Person[]
  readonly empty: VNode
}

export function PeopleTable({ realm, organization, people, empty }: PeopleTableProps): VNode {
  const hasRoles = people.some(({ role }) => role !== null)
  return (
    <Table of={{ items: people }} keyOf={({ id }: Person) => id} label="People" empty={empty}>
      <Column
        title="Person"
        main
        cell={({ name, address }: Person) => (
          <>
            <Name>{name}</Name>
            {address && (
              <>
                <br />
                <span class="small soft">
                  <Name>{address}</Name>
                </span>
              </>
            )}
          </>
        )}
      />
      {hasRoles && <Column title="Role" cell={({ role }: Person) => role ?? ''} />}
      <Column
        title="Signs in by"
        cell={({ signIn, passkeys }: Person) => (signIn === 'idp' ? 'their company' : countOf(passkeys, 'passkey'))}
      />
      <Column title="Last sign-in" cell={({ lastSignedInAt }: Person) => <Time at={lastSignedInAt} />} />
      <Column title="Added" cell={({ createdAt }: Person) => <Time at={createdAt} />} />
      <Column title="Change" number cell={(one: Person) => <Changes realm={realm} organization={organization} person={one} />} />
    </Table>
  )
}

interface ChangesProps {
  readonly realm: string
  readonly organization: string
  readonly person: Person
}

function Changes({ realm, organization, person: { id, name, role, signIn } }: ChangesProps): VNode {
  const params = { realm, organization, person: id }
  return (
    <span class="row end side-by-side">
      {role !== null && signIn === 'passkey' && (
        <Act
          operation="people.setRole"
          params={params}
          label="Change role"
          title={`Change the role of ${name}`}
          initial={{ role }}
          fields={['role']}
          choices={{ role: roleChoices }}
          consequence={
            <p>
              It holds for the next click of <Name>{name}</Name>.
            </p>
          }
          done="The role was changed."
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
              : 'Only a new invitation lets them in again.'}{' '}
            What they did stays in the audit log.
          </p>
        }
        done="The person was removed."
      />
    </span>
  )
}
