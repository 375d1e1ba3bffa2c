import { Fragment, type VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Callout, Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { may, session } from '../../shared/session.ts'
import { adminScopes } from '../parts/admin-scopes.ts'
import { describePlaces, describeRights, warnOfOwners, whyNotMore, type Operator } from '../parts/operator-standing.ts'
import { OperatorSteps } from '../parts/operator-steps.tsx'
import { PeopleTable } from '../parts/people-table.tsx'

const ofOperators = { realm: 'operators', organization: 'operators' } as const

export const page = definePage({
  path: '/operators',
  title: 'Operators',
  needs: 'clients:read',
  query: { after: '' },
  data: ({ after }) => ({
    operators: read('operators.list', { params: {}, query: { limit: 200, ...(after && { after }) } }),
    people: read('people.list', { params: ofOperators, query: { limit: 100 } }, { when: may('organizations:read') }),
    realms: read('realms.list', { params: {} }, { every: 300_000, when: may('organizations:read') }),
  }),
  view: ({ operators, people, realms }) => (
    <Operators
      operators={operators}
      people={people}
      realms={realms?.items.map(({ name }) => name).filter((name) => name !== 'operators') ?? []}
    />
  ),
})

interface OperatorsProps {
  readonly operators: OperationOutput<'operators.list'>
  readonly people: OperationOutput<'people.list'> | undefined
  readonly realms: readonly string[]
}

function Operators({ operators, people, realms }: OperatorsProps): VNode {
  const { realm = '', clientId = '', owner = false } = session.value ?? {}
  const reader = { realm, clientId, owner }
  const isWhole = operators.next === null
  const warning = isWhole ? warnOfOwners(operators.items) : undefined
  return (
    <Page
      title="Operators"
      actions={
        <>
          <Link to="/sessions">Who is signed in</Link>
          <NewOperator realms={realms} isOwner={owner} />
        </>
      }
    >
      <p class="soft text">
        An operator that signs in by secret is a client. Those of the realm "operators" act for the server, or for the realms that they are
        limited to; a client of another realm acts in its own only. Owners have every scope and no limits, and only they change operators.
      </p>
      {warning !== undefined && (
        <Callout tone="warn">
          <p>{warning}</p>
          <p>
            The command, with the server's configuration and keys: <code>countersign operator create --config countersign.yaml</code>
          </p>
        </Callout>
      )}
      {people && <People people={people} />}
      <Card title="By secret">
        <Table
          of={operators}
          keyOf={({ realm: its, clientId: id }: Operator) => `${its} ${id}`}
          label="Operators"
          empty={<Empty title="No operators" />}
        >
          <Column title="Operator" main cell={(operator: Operator) => <Named operator={operator} isReader={isSame(operator, reader)} />} />
          <Column
            title="State"
            cell={({ enabled, owner: isOwner }: Operator) => (
              <Chip tone={enabled ? (isOwner ? 'go' : 'ok') : 'off'}>{enabled ? (isOwner ? 'owner' : 'enabled') : 'disabled'}</Chip>
            )}
          />
          <Column title="May" cell={(operator: Operator) => <Rights operator={operator} />} />
          <Column title="In" cell={(operator: Operator) => describePlaces(operator)} />
          <Column title="Last sign-in" cell={(operator: Operator) => <LastUse operator={operator} />} />
          <Column
            title="Change"
            cell={(operator: Operator) => <OperatorSteps operator={operator} operators={operators.items} reader={reader} realms={realms} />}
          />
        </Table>
      </Card>
      <p class="soft small">
        The last sign-in is that to this console, or the last token for the API, the later of the two. A client of another realm becomes an
        operator of its realm by <code>countersign client operator</code>.
      </p>
    </Page>
  )
}

function isSame(operator: Operator, { realm, clientId }: { readonly realm: string; readonly clientId: string }): boolean {
  return operator.realm === realm && operator.clientId === clientId
}

function Named({ operator: { realm, clientId, name }, isReader }: { readonly operator: Operator; readonly isReader: boolean }): VNode {
  return (
    <>
      <Link to={pathTo(realm, 'clients', clientId)}>
        <Name>{name}</Name>
      </Link>
      {isReader && <span class="soft"> (you)</span>}
      <br />
      <code class="soft">
        <Name>{clientId}</Name>
      </code>
      {realm !== 'operators' && <span class="soft small"> of {realm}</span>}
    </>
  )
}

function Rights({ operator }: { readonly operator: Operator }): VNode {
  return (
    <details>
      <summary>{describeRights(operator, adminScopes)}</summary>
      {operator.scopes.map((scope) => (
        <Fragment key={scope}>
          <code>{scope}</code>{' '}
        </Fragment>
      ))}
      {operator.scopes.length === 0 && 'no scopes'}
    </details>
  )
}

function LastUse({ operator: { lastUsedAt, sessions } }: { readonly operator: Operator }): VNode {
  return (
    <>
      <Time at={lastUsedAt} />
      {sessions > 0 && <span class="soft"> ({number(sessions)} signed in now)</span>}
    </>
  )
}

function NewOperator({ realms, isOwner }: { readonly realms: readonly string[]; readonly isOwner: boolean }): VNode {
  return (
    <Act
      operation="clients.create"
      params={{ realm: 'operators' }}
      label="New operator"
      tone="primary"
      fixed={{ organization: 'operators' }}
      fields={['name', 'clientId', 'scopes', 'operatorRealms', 'reason']}
      initial={{ scopes: adminScopes.filter((scope) => scope.endsWith(':read')) }}
      choices={{
        scopes: adminScopes.map((value) => ({ value })),
        operatorRealms: realms.map((value) => ({ value })),
      }}
      names={{ scopes: 'It may', operatorRealms: 'Only in these realms; none for all' }}
      unavailable={whyNotMore({ realm: '', clientId: '', owner: isOwner })}
      consequence={
        <p>
          Its secret is shown only once: with it a person signs in here, or a program calls the API. With every scope and without limits it
          is an owner.
        </p>
      }
    />
  )
}

/** Operators who signed in at the company. What they may do follows from their groups there. */
function People({ people: { items, next } }: { readonly people: OperationOutput<'people.list'> }): VNode {
  return (
    <Card title="At your company" beside={next && <Link to={pathTo('operators', 'organizations', 'operators')}>All of them</Link>}>
      <PeopleTable
        {...ofOperators}
        people={items}
        empty={
          <Empty title="No operator has signed in at your company yet">
            With console.signIn.oidc in the configuration file, operators sign in at your identity provider, and appear here with the first
            sign-in.
          </Empty>
        }
      />
    </Card>
  )
}
