import type { OperationOutput } from '@countersign/admin'
import { byName } from '../../shared/by-name.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Filters, SearchField } from '../../shared/components/filters.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Link } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { own } from '../own.ts'
import { AskedFor } from '../parts/asked-for.tsx'
import { AskFor } from '../parts/ask-for.tsx'

type Partner = OperationOutput<'partners.ofOrganization'>['items'][number]

export const page = definePage({
  path: '/partners',
  title: 'Partners',
  query: { search: '', after: '' },
  data: ({ search, after }) => {
    const { realm, organization } = own()
    const query = { ...(search && { search }), ...(after && { after }) }
    return { partners: read('partners.ofOrganization', { params: { realm, organization }, query }) }
  },
  view: ({ partners, search, after }) => (
    <Page title="Partners" actions={<AskFor kind="partner" />}>
      <p class="soft text">
        Companies that you may act for: a call has the id of one in its path. A call for another is refused with{' '}
        <code>partner-not-authorized</code>; only the provider can allow one, and you can ask for it.
      </p>
      <Filters>
        <SearchField name="search" label="Name or id" />
      </Filters>
      <Card>
        {(partners.next !== null || after) && <p class="soft small">By id; the field above finds a name.</p>}
        <Table
          of={byName(partners, after)}
          keyOf={({ id }: Partner) => id}
          label="Partners"
          empty={
            search ? (
              <Empty title="None of your partners has this name or id">
                <Link to="/partners">Clear the filters</Link>
              </Empty>
            ) : (
              <Empty title="No partner yet">Partners are listed here as soon as the provider allows you to act for one.</Empty>
            )
          }
        >
          <Column title="Name" main cell={({ name }: Partner) => <Name>{name}</Name>} />
          <Column title="Id" cell={({ id }: Partner) => <Copyable text={id} shown={id} name="partner id" />} />
        </Table>
      </Card>
      <AskedFor kind={ofPartners} />
    </Page>
  ),
})

const ofPartners = ['partner'] as const
