// The invitations of the company: those that are open, and what became of the others.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip, type Tone } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { own } from '../own.ts'

type Invitations = OperationOutput<'invitations.list'>
type Invitation = Invitations['items'][number]

const states: Readonly<Record<Invitation['state'], readonly [Tone, string]>> = {
  open: ['go', 'open'],
  accepted: ['ok', 'accepted'],
  withdrawn: ['off', 'withdrawn'],
  ended: ['off', 'not used in time'],
}

export function Invited({ invitations }: { readonly invitations: Invitations }): VNode {
  return (
    <Card title="Invitations">
      <Table
        of={{ items: invitations.items }}
        keyOf={({ id }: Invitation) => id}
        label="Invitations, the latest first"
        empty={<Empty title="No invitation">Invite a colleague: the link is shown once, and you send it.</Empty>}
      >
        <Column
          title="For"
          main
          cell={({ person, role }: Invitation) => (person ? <Name>{person.name}</Name> : <span class="soft">one person, as {role}</span>)}
        />
        <Column title="State" cell={({ state }: Invitation) => <Chip tone={states[state][0]}>{states[state][1]}</Chip>} />
        <Column
          title="Made by"
          cell={({ invitedBy, inviterSignIn }: Invitation) => (
            <>
              <Name>{invitedBy}</Name>
              {inviterSignIn === 'idp' && <span class="soft"> (signs in at your company)</span>}
            </>
          )}
        />
        <Column title="Made" cell={({ createdAt }: Invitation) => <Time at={createdAt} />} />
        <Column title="Until" cell={({ state, endsAt }: Invitation) => (state === 'open' ? <Time at={endsAt} /> : '')} />
        <Column
          title="Change"
          number
          cell={({ id, state, role }: Invitation) =>
            state === 'open' ? (
              <Act
                operation="invitations.withdraw"
                params={{ ...own(), invitation: id }}
                label="Withdraw"
                title="Withdraw the invitation?"
                fields={[]}
                consequence={`Its link stops working. It was for one person, as ${role}.`}
                done="The invitation was withdrawn."
              />
            ) : (
              ''
            )
          }
        />
      </Table>
    </Card>
  )
}
