import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { byName } from '../../shared/by-name.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Filters, SearchField } from '../../shared/components/filters.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'

type Partner = OperationOutput<'partners.list'>['items'][number]

export const page = definePage({
  path: '/:realm/partners',
  title: 'Partners',
  needs: 'organizations:read',
  query: { search: '', after: '' },
  data: ({ realm, search, after }) => ({
    partners: read('partners.list', { params: { realm }, query: { ...(search && { search }), ...(after && { after }) } }),
  }),
  view: ({ partners, realm, search, after }) => (
    <Page
      title="Partners"
      actions={<Act operation="partners.register" params={{ realm }} fixed={{ onlyNew: true }} label="Register a partner" tone="primary" />}
    >
      <Filters>
        <SearchField name="search" label="Name or id" />
      </Filters>
      <Card>
        {(partners.next !== null || after) && <p class="soft small">By id; the field above finds a name.</p>}
        <Table
          of={byName(partners, after)}
          keyOf={({ id }: Partner) => id}
          empty={
            search ? (
              <Empty title="No partner has this name or id">
                <Link to={pathTo(realm, 'partners')}>Clear the filters</Link>
              </Empty>
            ) : (
              <Empty title="No partners yet">
                A partner is a company that organizations may act for. Register one, then allow an organization to act for it.
              </Empty>
            )
          }
        >
          <Column
            title="Name"
            main
            cell={({ id, name }: Partner) => (
              <Link to={pathTo(realm, 'partners', id)}>
                <Name>{name}</Name>
              </Link>
            )}
          />
          <Column title="Id" cell={({ id }: Partner) => <Copyable text={id} name="partner id" />} />
          <Column title="Organizations" number cell={({ organizations }: Partner) => organizations} />
          <Column title="Registered" cell={({ createdAt }: Partner) => <Time at={createdAt} />} />
        </Table>
      </Card>
    </Page>
  ),
})
