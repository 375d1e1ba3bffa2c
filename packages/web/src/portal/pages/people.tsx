import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Callout, Card, Empty } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf } from '../../shared/count.ts'
import { definePage, Page } from '../../shared/page.tsx'
import { PersonChanges } from '../../shared/person-changes.tsx'
import { read } from '../../shared/reads.ts'
import { isOfCompany, mayAs, session } from '../../shared/session.ts'
import { isPerson, own } from '../own.ts'
import { Invited } from '../parts/invited.tsx'
import { OwnPasskeys } from '../parts/own-passkeys.tsx'

type Person = OperationOutput<'people.list'>['items'][number]

export const page = definePage({
  path: '/people',
  title: 'People',
  query: { after: '' },
  data: ({ after }) => {
    const params = own()
    return {
      people: read('people.list', { params, query: { ...(after && { after }) } }, { when: isPerson() }),
      invitations: read('invitations.list', { params, query: { limit: 50 } }, { when: mayAs('admin') }),
    }
  },
  view: ({ people, invitations }) => (isPerson() ? <PeoplePage people={people} invitations={invitations} /> : <OfClient />),
})

interface PeopleProps {
  readonly people: OperationOutput<'people.list'>
  readonly invitations: OperationOutput<'invitations.list'>
}

function PeoplePage({ people, invitations }: PeopleProps): VNode {
  return (
    <Page
      title="People"
      actions={
        <Act
          operation="invitations.create"
          params={own()}
          label="Invite"
          title="Invite to the portal?"
          tone="primary"
          fields={['role']}
          consequence="You get a link for one person, which works once and for 7 days. Send it yourself: no mail is sent."
          done="The invitation is open for 7 days."
        />
      }
    >
      <p class="soft text">The people of your company who may sign in here. The provider sees the names, too.</p>
      <Card>
        <People people={people} />
      </Card>
      {mayAs('admin') && <Invited invitations={invitations} />}
      {!isOfCompany() && <OwnPasskeys />}
    </Page>
  )
}

/** The holder of a secret does not see who works there. */
function OfClient(): VNode {
  return (
    <Page title="People">
      <Callout>
        You have signed in with the secret of a client. People sign in with a passkey or at their company, and see their colleagues here:
        ask one with the role “admin”, or the provider, for an invitation.
      </Callout>
    </Page>
  )
}

function People({ people }: { readonly people: OperationOutput<'people.list'> }): VNode {
  return (
    <Table
      of={people}
      keyOf={({ id }: Person) => id}
      label="People"
      empty={<Empty title="No person yet">People are listed here once they have accepted an invitation of the provider.</Empty>}
    >
      <Column
        title="Name"
        main
        cell={({ id, name, address }: Person) => (
          <>
            <Name>{name}</Name>
            {isMe(id) && <span class="soft"> (you)</span>}
            {address !== null && (
              <div class="soft small">
                <Name>{address}</Name>
              </div>
            )}
          </>
        )}
      />
      <Column title="Role" cell={({ role }: Person) => role ?? 'none now'} />
      <Column
        title="Signs in by"
        cell={({ signIn, passkeys }: Person) => (signIn === 'idp' ? 'your company' : countOf(passkeys, 'passkey'))}
      />
      <Column title="Last sign-in" cell={({ lastSignedInAt }: Person) => <Time at={lastSignedInAt} />} />
      <Column
        title="Change"
        number
        cell={(person: Person) => (
          <PersonChanges {...own()} person={person} unavailable={isMe(person.id) ? 'Another admin can change this.' : undefined} />
        )}
      />
    </Table>
  )
}

function isMe(id: string): boolean {
  return session.value?.person?.id === id
}
