import type { OperationOutput } from '@countersign/admin'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { describeClient, lastUseOf, rotationOf } from '../../shared/client-state.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { own } from '../own.ts'

type Client = OperationOutput<'clients.list'>['items'][number]

export const page = definePage({
  path: '/clients',
  title: 'Clients',
  query: { after: '' },
  data: ({ after }) => {
    const { realm, organization } = own()
    return { clients: read('clients.list', { params: { realm }, query: { organization, with: 'standing', ...(after && { after }) } }) }
  },
  view: ({ clients }) => (
    <Page title="Clients">
      <p class="soft text">A client is a backend of yours that calls the API. You see the one that you signed in with.</p>
      <Card>
        <Table
          of={clients}
          keyOf={({ clientId }: Client) => clientId}
          label="Clients"
          empty={<Empty title="No client">The provider makes clients for you.</Empty>}
        >
          <Column
            title="Name"
            main
            cell={({ clientId, name }: Client) => (
              <Link to={pathTo('clients', clientId)}>
                <Name>{name}</Name>
              </Link>
            )}
          />
          <Column title="State" cell={(client: Client) => <State client={client} />} />
          <Column title="Client id" cell={({ clientId }: Client) => <Copyable text={clientId} shown={clientId} name="client id" />} />
          <Column title="Last token" number cell={({ secrets }: Client) => <Time at={lastUseOf(secrets)} />} />
          <Column title="Secret made" number cell={({ secrets }: Client) => <Time at={secrets[0]?.createdAt} none="none" />} />
        </Table>
      </Card>
    </Page>
  ),
})

function State({ client }: { readonly client: Client }) {
  const { secrets, standing } = client
  const { tone, word } = describeClient(
    {
      ...client,
      rotation: standing?.rotation ?? rotationOf(secrets),
      isDue: standing?.due ?? false,
      hasCredential: secrets.length > 0,
      lastUsedAt: lastUseOf(secrets),
    },
    Date.now(),
  )
  return <Chip tone={tone}>{word}</Chip>
}
