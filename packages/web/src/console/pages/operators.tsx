import type { OperationOutput } from '@countersign/admin'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'

type Operator = OperationOutput<'operators.list'>['items'][number]

export const page = definePage({
  path: '/operators',
  title: 'Operators',
  needs: 'clients:read',
  query: { after: '' },
  data: ({ after }) => ({ operators: read('operators.list', { params: {}, query: after ? { after } : {} }) }),
  view: ({ operators }) => (
    <Page title="Operators">
      <p class="soft text">
        Operators are clients. Those of the realm "operators" act for the server, or for the realms that they are limited to; a client of
        another realm acts in its own only.
      </p>
      <Card>
        <Table
          of={operators}
          keyOf={({ realm, clientId }: Operator) => `${realm} ${clientId}`}
          label="Operators"
          empty={<Empty title="No operators" />}
        >
          <Column
            title="Operator"
            main
            cell={({ realm, clientId, name }: Operator) => (
              <>
                <Link to={pathTo(realm, 'clients', clientId)}>
                  <Name>{name}</Name>
                </Link>
                <br />
                <code class="soft">
                  <Name>{clientId}</Name>
                </code>
              </>
            )}
          />
          <Column
            title="State"
            cell={({ enabled, owner }: Operator) => (
              <Chip tone={enabled ? 'ok' : 'off'}>{enabled ? (owner ? 'owner' : 'enabled') : 'disabled'}</Chip>
            )}
          />
          <Column title="Realm" cell={({ realm }: Operator) => realm} />
          <Column title="Organization" cell={({ organization: { name } }: Operator) => <Name>{name}</Name>} />
          <Column title="Acts in" cell={({ realms }: Operator) => (realms === null ? 'all realms' : realms.join(', '))} />
          <Column title="Scopes" cell={({ scopes }: Operator) => <code class="scopes">{scopes.join(' ')}</code>} />
        </Table>
      </Card>
    </Page>
  ),
})
