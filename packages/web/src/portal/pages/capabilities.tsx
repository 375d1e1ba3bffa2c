import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { own } from '../own.ts'

interface Capability {
  readonly name: string
  readonly value: string | boolean
}

export const page = definePage({
  path: '/capabilities',
  title: 'Capabilities',
  data: () => {
    const { realm, organization, client } = own()
    return {
      organization: read('organizations.get', { params: { realm, organization } }),
      client: read('clients.get', { params: { realm, client } }),
    }
  },
  view: ({ organization, client }) => (
    <Page title="Capabilities">
      <p class="soft text">
        What you may do besides the usual. A call that needs another capability is refused with <code>capability-missing</code>; only the
        provider can give you one.
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
      <Card title="Scopes that your client can request">
        <Table
          of={{ items: client.scopes }}
          keyOf={(scope: string) => scope}
          label="Scopes"
          empty={<Empty title="No scope">A token of this client has no scopes.</Empty>}
        >
          <Column title="Scope" main cell={(scope: string) => <Copyable text={scope} shown={scope} name="scope" />} />
        </Table>
      </Card>
    </Page>
  ),
})

function Value({ value }: { readonly value: string | boolean }) {
  if (typeof value === 'string')
    return (
      <code>
        <Name>{value}</Name>
      </code>
    )
  return <Chip tone={value ? 'ok' : 'off'}>{value ? 'on' : 'off'}</Chip>
}
