import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { Lacks } from './lacks.tsx'

type Clients = OperationOutput<'clients.list'>
type Client = Clients['items'][number]

export interface OrganizationClientsProps {
  readonly organization: OperationOutput<'organizations.get'>
  readonly clients: Clients | undefined
}

export function OrganizationClients({ organization: { realm, slug, name }, clients }: OrganizationClientsProps): VNode {
  const create = (
    <Act
      operation="clients.create"
      params={{ realm }}
      fixed={{ organization: slug }}
      label="New client"
      title={`New client of ${name}`}
      fields={['name', 'clientId', 'scopes']}
    />
  )
  return (
    <Card id="clients" title="Clients" beside={create}>
      {clients ? (
        <>
          <Table
            of={{ items: clients.items }}
            keyOf={({ id }: Client) => id}
            label="Clients of this organization"
            empty={
              <Empty title="No client yet">Each backend of the organization gets a client of its own, with a secret of its own.</Empty>
            }
          >
            <Column title="Client" main cell={(client: Client) => <Named realm={realm} client={client} />} />
            <Column title="State" cell={(client: Client) => <State client={client} />} />
            <Column title="Last token" cell={({ standing }: Client) => <Time at={standing?.lastUsedAt} />} />
            <Column title="Refused today" number cell={({ standing }: Client) => (standing ? number(standing.refused.today) : '–')} />
          </Table>
          {clients.next !== null && (
            <p>
              <Link to={`${pathTo(realm, 'clients')}?organization=${slug}`}>All its clients</Link>
            </p>
          )}
        </>
      ) : (
        <Lacks scope="clients:read" />
      )}
    </Card>
  )
}

function Named({ realm, client: { clientId, name } }: { readonly realm: string; readonly client: Client }): VNode {
  return (
    <>
      <Link to={pathTo(realm, 'clients', clientId)}>
        <Name>{name}</Name>
      </Link>{' '}
      <code class="soft">
        <Name>{clientId}</Name>
      </code>
    </>
  )
}

function State({ client: { enabled, serviceAccountEnabled, standing } }: { readonly client: Client }): VNode {
  if (!enabled) return <Chip tone="off">disabled</Chip>
  if (!serviceAccountEnabled) return <Chip tone="off">service account off</Chip>
  if (standing?.rotation === 'issued') return <Chip tone="warn">new secret not used yet</Chip>
  if (standing?.rotation === 'overlapping') return <Chip tone="go">both secrets are good</Chip>
  if (standing?.due) return <Chip tone="warn">secret is due</Chip>
  return standing?.lastUsedAt ? <Chip tone="ok">gets tokens</Chip> : <Chip tone="off">never used</Chip>
}
