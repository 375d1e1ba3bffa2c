import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import type { OwnClient } from '../clients.ts'
import { own } from '../own.ts'
import { AskedFor } from '../parts/asked-for.tsx'
import { AskFor } from '../parts/ask-for.tsx'

interface Capability {
  readonly name: string
  readonly value: string | boolean
}

export const page = definePage({
  path: '/capabilities',
  title: 'Capabilities',
  query: { after: '' },
  data: ({ after }) => {
    const { realm, organization } = own()
    return {
      organization: read('organizations.get', { params: { realm, organization } }),
      clients: read('clients.list', { params: { realm }, query: { organization, limit: 100, ...(after && { after }) } }),
    }
  },
  view: ({ organization, clients }) => (
    <Page
      title="Capabilities"
      actions={
        <>
          <AskFor kind="capability" />
          <AskFor kind="scope" clients={clients.items} />
        </>
      }
    >
      <p class="soft text">
        What you may do besides the usual. A call that needs another capability is refused with <code>capability-missing</code>; only the
        provider can give you one, and you can ask for it.
      </p>
      <Card title="Of your organization">
        <Table
          of={{ items: Object.entries(organization.capabilities).map(([name, value]): Capability => ({ name, value })) }}
          keyOf={({ name }: Capability) => name}
          label="Capabilities"
          empty={<Empty title="No capability">Capabilities are listed here as soon as the provider gives you one.</Empty>}
        >
          <Column title="Name" main cell={({ name }: Capability) => <Copyable text={name} shown={name} name="name" />} />
          <Column title="Value" cell={({ value }: Capability) => <Value value={value} />} />
        </Table>
      </Card>
      <Card title="Scopes that your clients can request">
        <Table
          of={clients}
          keyOf={({ clientId }: OwnClient) => clientId}
          label="Scopes by client"
          empty={<Empty title="No client yet">A client requests scopes with its tokens.</Empty>}
        >
          <Column title="Client" main cell={({ name }: OwnClient) => <Name>{name}</Name>} />
          <Column title="Scopes" cell={({ scopes }: OwnClient) => <Scopes scopes={scopes} />} />
        </Table>
      </Card>
      <AskedFor kind={ofCapabilities} />
    </Page>
  ),
})

const ofCapabilities = ['capability', 'scope'] as const

function Scopes({ scopes }: Pick<OwnClient, 'scopes'>) {
  if (scopes.length === 0) return <span class="soft">none</span>
  return (
    <ul class="tags row">
      {scopes.map((scope) => (
        <li key={scope}>
          <Copyable text={scope} shown={scope} name="scope" />
        </li>
      ))}
    </ul>
  )
}

function Value({ value }: { readonly value: string | boolean }) {
  if (typeof value === 'string')
    return (
      <code>
        <Name>{value}</Name>
      </code>
    )
  return <Chip tone={value ? 'ok' : 'off'}>{value ? 'on' : 'off'}</Chip>
}
