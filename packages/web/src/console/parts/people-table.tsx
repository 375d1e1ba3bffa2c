// People who sign in themselves: at the portal, by a passkey or at their company, or operators at theirs.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf } from '../../shared/count.ts'
import { PersonChanges } from '../../shared/person-changes.tsx'

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
      {hasRoles && <Column title="Role" cell={({ role }: Person) => role ?? 'none now'} />}
      <Column
        title="Signs in by"
        cell={({ signIn, passkeys }: Person) => (signIn === 'idp' ? 'their company' : countOf(passkeys, 'passkey'))}
      />
      <Column title="Last sign-in" cell={({ lastSignedInAt }: Person) => <Time at={lastSignedInAt} />} />
      <Column title="Added" cell={({ createdAt }: Person) => <Time at={createdAt} />} />
      <Column title="Change" number cell={(one: Person) => <PersonChanges realm={realm} organization={organization} person={one} />} />
    </Table>
  )
}
