import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { keyMethodName } from '@countersign/protocol'
import { Act } from '../../shared/act/act.tsx'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Choice, Filters, SearchField } from '../../shared/components/filters.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { describeClient, lastUseOf, rotationOf } from '../../shared/client-state.ts'
import { clientsAsCsv } from '../parts/export-formats.ts'
import { ExportList } from '../parts/export-list.tsx'
import { OrganizationFilter } from '../parts/organization-filter.tsx'

type Clients = OperationOutput<'clients.list'>
type Client = Clients['items'][number]

const noFilters = { search: '', organization: '', enabled: '', rotation: '', due: '', unusedFor: '' }
type Filter = typeof noFilters

export const page = definePage({
  path: '/:realm/clients',
  title: 'Clients',
  needs: 'clients:read',
  query: { ...noFilters, after: '' },
  data: ({ realm, after, ...place }) => ({
    clients: read('clients.list', { params: { realm }, query: { ...questionOf(place), with: 'standing', ...(after && { after }) } }),
  }),
  view: ({ clients, realm, ...place }) => <ClientList clients={clients} realm={realm} filter={place} />,
})

/** Only what the filters of this page can say: an address may have anything. */
function questionOf({ search, organization, enabled, rotation, due, unusedFor }: Filter) {
  return {
    ...(search && { search }),
    ...(organization && { organization }),
    ...((enabled === 'true' || enabled === 'false') && { enabled: enabled as 'true' | 'false' }),
    ...((rotation === 'issued' || rotation === 'overlapping' || rotation === 'in-progress') && { rotation: rotation as 'in-progress' }),
    ...(due === 'true' && { due: 'true' as const }),
    ...(/^[1-9]\d{0,2}$/.test(unusedFor) && { unusedFor: Number(unusedFor) }),
  }
}

interface ClientListProps {
  readonly clients: Clients
  readonly realm: string
  readonly filter: Filter
}

function ClientList({ clients, realm, filter }: ClientListProps): VNode {
  const { organization } = filter
  const isFiltered = Object.keys(noFilters).some((name) => filter[name as keyof Filter] !== '')
  return (
    <Page
      title="Clients"
      actions={
        <Act
          operation="clients.create"
          params={{ realm }}
          label="New client"
          tone="primary"
          fields={['organization', 'name', 'clientId', 'scopes']}
          initial={organization === '' ? {} : { organization }}
        />
      }
    >
      <Filters>
        <SearchField name="search" label="Name or client id" />
        <OrganizationFilter realm={realm} />
        <Choice
          name="enabled"
          label="Enabled"
          choices={[
            ['', 'all'],
            ['true', 'enabled'],
            ['false', 'disabled'],
          ]}
        />
        <Choice
          name="rotation"
          label="Secrets"
          choices={[
            ['', 'all'],
            ['in-progress', 'being replaced'],
            ['issued', 'new one not used yet'],
            ['overlapping', 'both are good'],
          ]}
        />
        <Choice
          name="due"
          label="Due"
          choices={[
            ['', 'all'],
            ['true', 'secret is due'],
          ]}
        />
        <Choice
          name="unusedFor"
          label="Not used for"
          choices={[
            ['', 'any time'],
            ['1', '1 day'],
            ['7', '7 days'],
            ['30', '30 days'],
            ['90', '90 days'],
          ]}
        />
      </Filters>
      <Card>
        <Table of={clients} keyOf={({ id }: Client) => id} label="Clients" empty={<NoClients realm={realm} isFiltered={isFiltered} />}>
          <Column title="Client" main cell={(client: Client) => <ClientName client={client} realm={realm} />} />
          <Column title="State" cell={(client: Client) => <StateOf client={client} />} />
          <Column
            title="Organization"
            cell={({ organization: { slug, name } }: Client) => (
              <Link to={pathTo(realm, 'organizations', slug)}>
                <Name>{name}</Name>
              </Link>
            )}
          />
          <Column
            title="Last token"
            cell={({ secrets, standing }: Client) => <Time at={standing ? standing.lastUsedAt : lastUseOf(secrets)} />}
          />
          <Column title="Refused today" number cell={({ standing }: Client) => standing?.refused.today ?? '–'} />
        </Table>
      </Card>
      {clients.items.length > 0 && (
        <ExportList
          operation="clients.list"
          input={{ params: { realm }, query: { ...questionOf(filter), with: 'standing' } }}
          noun="client"
          file={`clients-${realm}`}
          formats={[clientsAsCsv]}
          command={`countersign client list --realm ${realm} --json`}
        />
      )}
    </Page>
  )
}

function ClientName({ client: { clientId, name }, realm }: { readonly client: Client; readonly realm: string }): VNode {
  return (
    <>
      <Link to={pathTo(realm, 'clients', clientId)}>
        <Name>{name}</Name>
      </Link>
      <br />
      <code class="soft">
        <Name>{clientId}</Name>
      </code>
    </>
  )
}

function StateOf({ client }: { readonly client: Client }): VNode {
  const { enabled, serviceAccountEnabled, secrets, standing, authenticationMethods } = client
  const lastUsedAt = standing ? standing.lastUsedAt : lastUseOf(secrets)
  const usesKeys = authenticationMethods.includes(keyMethodName)
  const { tone, word } = describeClient(
    {
      enabled,
      serviceAccountEnabled,
      rotation: standing?.rotation ?? rotationOf(secrets),
      isDue: standing?.due ?? false,
      hasCredential: secrets.length > 0 || usesKeys,
      lastUsedAt,
    },
    Date.now(),
  )
  return <Chip tone={tone}>{word}</Chip>
}

function NoClients({ realm, isFiltered }: { readonly realm: string; readonly isFiltered: boolean }): VNode {
  return isFiltered ? (
    <Empty title="No client fits these filters">
      <Link to={pathTo(realm, 'clients')}>Clear the filters</Link>
    </Empty>
  ) : (
    <Empty title="No clients yet">
      A client is a backend that gets tokens: each has an id and a secret of its own, and belongs to an organization.
    </Empty>
  )
}
