import { now } from '../../shared/clock.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { lastTokenOf, stateOf, type OwnClient as Client } from '../clients.ts'
import { isPerson, own } from '../own.ts'
import { AskedFor } from '../parts/asked-for.tsx'
import { AskFor } from '../parts/ask-for.tsx'

export const page = definePage({
  path: '/clients',
  title: 'Clients',
  query: { after: '' },
  data: ({ after }) => {
    const { realm, organization } = own()
    return { clients: read('clients.list', { params: { realm }, query: { organization, with: 'standing', ...(after && { after }) } }) }
  },
  view: ({ clients }) => (
    <Page title="Clients" actions={<AskFor kind="client" />}>
      <p class="soft text">
        A client is a backend of yours that calls the API.{isPerson() ? '' : ' You see the one that you signed in with.'}
      </p>
      <Card>
        <Table
          of={clients}
          keyOf={({ clientId }: Client) => clientId}
          label="Clients"
          empty={<Empty title="No client">Ask the provider for one. Once it is approved, you make it here, with its secret.</Empty>}
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
          <Column title="Last token" number cell={(client: Client) => <Time at={lastTokenOf(client)} />} />
          <Column title="Secret made" number cell={({ secrets }: Client) => <Time at={secrets[0]?.createdAt} none="none" />} />
        </Table>
      </Card>
      <AskedFor kind={ofClients} />
    </Page>
  ),
})

const ofClients = ['client'] as const

function State({ client }: { readonly client: Client }) {
  const { tone, word } = stateOf(client, now())
  return <Chip tone={tone}>{word}</Chip>
}
