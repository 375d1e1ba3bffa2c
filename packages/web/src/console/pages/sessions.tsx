// Who is signed in now, at the console and at the portal.
import type { VNode } from 'preact'
import type { OperationInput, OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { browserOf } from '../../shared/browser-of.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Choice, Filters } from '../../shared/components/filters.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { may, session as current, signOut } from '../../shared/session.ts'

type Query = OperationInput<'sessions.list'>['query']
type One = OperationOutput<'sessions.list'>['items'][number]

export const page = definePage({
  path: '/sessions',
  title: 'Sessions',
  needs: 'audit:read',
  query: { mount: '', realm: '', after: '' },
  data: ({ mount, realm, after }) => ({
    sessions: read('sessions.list', {
      params: {},
      query: { ...(mount && { mount }), ...(realm && { realm }), ...(after && { after }) } as Query,
    }),
    realms: read('realms.list', { params: {} }, { every: 300_000, when: may('organizations:read') }),
  }),
  view: ({ sessions, realms, mount, realm }) => (
    <Page title="Sessions" actions={<Link to="/operators">Operators</Link>}>
      <p class="soft text">
        Who is signed in at the console and at the portal now, newest first. Ending a session signs that browser out with its next click;
        clients and their tokens are not affected.
      </p>
      <Filters>
        <Choice
          name="mount"
          label="Where"
          choices={[
            ['', 'console and portal'],
            ['console', 'console'],
            ['portal', 'portal'],
          ]}
        />
        {realms && realms.items.length > 1 && (
          <Choice name="realm" label="Realm" choices={[['', 'all realms'], ...realms.items.map(({ name }) => [name, name] as const)]} />
        )}
      </Filters>
      <Card>
        <Sessions sessions={sessions} isFiltered={mount !== '' || realm !== ''} />
      </Card>
    </Page>
  ),
})

function Sessions({ sessions, isFiltered }: { readonly sessions: OperationOutput<'sessions.list'>; readonly isFiltered: boolean }): VNode {
  return (
    <Table
      of={sessions}
      keyOf={({ id }: One) => id}
      label="Sessions"
      empty={
        <Empty title={isFiltered ? 'No session is like this' : 'No session'}>
          {isFiltered ? <Link to="/sessions">Clear the filters</Link> : 'Sessions of operators and of integrators appear here.'}
        </Empty>
      }
    >
      <Column title="Who" main cell={(one: One) => <Whose session={one} />} />
      <Column title="Where" cell={({ mount }: One) => mount} />
      <Column
        title="Organization"
        cell={({ realm, organization: { slug, name } }: One) => (
          <>
            <Link to={pathTo(realm, 'organizations', slug)}>
              <Name>{name}</Name>
            </Link>
            <br />
            <span class="small soft">{realm}</span>
          </>
        )}
      />
      <Column title="Signed in" cell={({ signedInAt }: One) => <Time at={signedInAt} />} />
      <Column title="Last seen" cell={({ seenAt }: One) => <Time at={seenAt} />} />
      <Column title="Ends" cell={({ endsAt }: One) => <Time at={endsAt} />} />
      <Column title="From" cell={(one: One) => <From session={one} />} />
      <Column title="Change" number cell={(one: One) => <End session={one} />} />
    </Table>
  )
}

function Whose({ session }: { readonly session: One }): VNode {
  const { kind, name, realm, clientId, own } = session
  return (
    <>
      {kind === 'client' && clientId ? (
        <Link to={pathTo(realm, 'clients', clientId)}>
          <Name>{name}</Name>
        </Link>
      ) : (
        <Name>{name}</Name>
      )}{' '}
      {isThis(session) ? <Chip tone="go">this one</Chip> : own && <span class="small soft">(you)</span>}
      <br />
      <span class="small soft">
        {kind === 'person' ? (
          'person'
        ) : (
          <code>
            <Name>{clientId ?? ''}</Name>
          </code>
        )}
      </span>
    </>
  )
}

function From({ session: { address, userAgent } }: { readonly session: One }): VNode {
  return (
    <>
      <code>{address}</code>
      <br />
      <span class="small soft" title={userAgent}>
        <Name>{browserOf(userAgent)}</Name>
      </span>
    </>
  )
}

/** The session of this page: the server tells which are of the same operator, and when each began. */
function isThis({ own, mount, signedInAt }: One): boolean {
  return own && mount === 'console' && signedInAt === current.value?.signedInAt
}

function End({ session }: { readonly session: One }): VNode {
  const { id, name, mount } = session
  if (isThis(session))
    return (
      <button type="button" onClick={() => void signOut('/console')}>
        Sign out
      </button>
    )
  return (
    <Act
      operation="sessions.end"
      params={{ session: id }}
      label="End"
      title={`End this session of ${name}?`}
      unavailable={whyNot(session)}
      consequence={
        <p>
          <Name>{name}</Name> is signed out of the {mount} with the next click, and can sign in again. To keep them out, take away what they
          sign in with.
        </p>
      }
      done="The session has ended."
    />
  )
}

function whyNot({ own, mount }: One): string | undefined {
  if (own) return undefined
  if (mount === 'console' && !current.value?.owner) return 'Only an owner ends the sessions of other operators.'
  return may('clients:write') ? undefined : 'You may look: this needs clients:write.'
}
