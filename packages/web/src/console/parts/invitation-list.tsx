import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf } from '../../shared/count.ts'

type Invitation = OperationOutput<'invitations.list'>['items'][number]

export interface InvitationListProps {
  readonly realm: string
  /** The slug. */
  readonly organization: string
  readonly invitations: readonly Invitation[]
}

/** Those that can be accepted, and what became of the others. */
export function InvitationList({ realm, organization, invitations }: InvitationListProps): VNode | null {
  const open = invitations.filter(({ state }) => state === 'open')
  const past = invitations.filter(({ state }) => state !== 'open')
  if (invitations.length === 0) return null
  return (
    <>
      {open.length > 0 && (
        <>
          <h3>{open.length === 1 ? '1 open invitation' : `${open.length} open invitations`}</h3>
          <Table of={{ items: open }} keyOf={({ id }: Invitation) => id} label="Open invitations">
            <Column title="Role" main cell={({ role }: Invitation) => role} />
            <Column
              title="Invited by"
              cell={({ invitedBy, inviterSignIn, createdAt }: Invitation) => (
                <>
                  <Name>{invitedBy}</Name>
                  {inviterSignIn === 'idp' && ' (signs in at their company)'}, <Time at={createdAt} />
                </>
              )}
            />
            <Column title="Ends" cell={({ endsAt }: Invitation) => <Time at={endsAt} />} />
            <Column
              title="Change"
              number
              cell={({ id, role }: Invitation) => (
                <Act
                  operation="invitations.withdraw"
                  params={{ realm, organization, invitation: id }}
                  label="Withdraw"
                  title={`Withdraw the invitation as ${role}?`}
                  consequence={<p>Its link lets no person in any more.</p>}
                  done="The invitation was withdrawn."
                />
              )}
            />
          </Table>
        </>
      )}
      {past.length > 0 && (
        <details class="small">
          <summary>{countOf(past.length, 'earlier invitation')}</summary>
          <ul>
            {past.map((one) => (
              <li key={one.id}>
                <Past invitation={one} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

function Past({
  invitation: { role, state, invitedBy, inviterSignIn, createdAt, endsAt, acceptedAt, person },
}: {
  readonly invitation: Invitation
}): VNode {
  return (
    <>
      {role}, by <Name>{invitedBy}</Name>
      {inviterSignIn === 'idp' && ' (signs in at their company)'}, <Time at={createdAt} />:{' '}
      {state === 'accepted' ? (
        <>
          accepted by {person === null ? 'a person who was removed' : <Name>{person.name}</Name>}, <Time at={acceptedAt} />
        </>
      ) : state === 'withdrawn' ? (
        'withdrawn'
      ) : (
        <>
          not accepted until <Time at={endsAt} />
        </>
      )}
    </>
  )
}
