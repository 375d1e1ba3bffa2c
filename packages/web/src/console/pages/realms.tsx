import { Card, Empty } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'

export const page = definePage({
  path: '/',
  title: 'Realms',
  needs: 'organizations:read',
  data: () => ({ realms: read('realms.list', { params: {} }) }),
  view: ({ realms }) => (
    <Page title="Realms">
      <Card>
        <Table
          of={realms}
          keyOf={({ name }) => name}
          empty={<Empty title="No realm yet">Realms are made in the configuration file, below "realms".</Empty>}
        >
          <Column title="Name" main cell={({ name }: Realm) => <Link to={pathTo(name)}>{name}</Link>} />
          <Column title="Token URL" cell={({ tokenUrl }: Realm) => <Copyable text={tokenUrl} shown={tokenUrl} name="token URL" />} />
          <Column title="Tokens" cell={({ tokenProfile }: Realm) => tokenProfile} />
          <Column title="Agreement" cell={({ requiredDpaVersion }: Realm) => requiredDpaVersion ?? 'none is required'} />
        </Table>
      </Card>
    </Page>
  ),
})

type Realm = import('@countersign/admin').OperationOutput<'realms.list'>['items'][number]
