import type { VNode } from 'preact'
import type { OperationInput, OperationOutput } from '@countersign/admin'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Choice, Filters, SearchField } from '../../shared/components/filters.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { NewOrganization } from '../new-organization.tsx'
import { organizationsAsCsv } from '../parts/export-formats.ts'
import { ExportList } from '../parts/export-list.tsx'
import { AgreementChip } from '../../shared/agreement-chip.tsx'

type Query = OperationInput<'organizations.list'>['query']
type Organization = OperationOutput<'organizations.list'>['items'][number]

export const page = definePage({
  path: '/:realm/organizations',
  title: 'Organizations',
  needs: 'organizations:read',
  query: { search: '', status: '', dpa: '', sort: '', after: '' },
  data: ({ realm, search, status, dpa, sort, after }) => ({
    organizations: read(
      'organizations.list',
      {
        params: { realm },
        query: { ...questionOf({ search, status, dpa, sort }), ...(after && { after }) },
      },
      { every: 10_000 },
    ),
  }),
  view: ({ organizations, ...place }) => <Organizations organizations={organizations} {...place} />,
})

interface Asked {
  readonly search: string
  readonly status: string
  readonly dpa: string
  readonly sort: string
}

function questionOf({ search, status, dpa, sort }: Asked): NonNullable<Query> {
  return {
    with: 'standing',
    ...(search && { search }),
    ...(status && { status }),
    ...(dpa && { dpa }),
    ...(sort && { sort }),
  } as NonNullable<Query>
}

interface OrganizationsProps extends Asked {
  readonly realm: string
  readonly organizations: OperationOutput<'organizations.list'>
}

function Organizations({ realm, organizations, search, status, dpa, sort }: OrganizationsProps): VNode {
  const isFiltered = [search, status, dpa].some(Boolean)
  return (
    <Page title="Organizations" actions={<NewOrganization realm={realm} />}>
      <Filters>
        <SearchField name="search" label="Name or short name" />
        <Choice
          name="status"
          label="Status"
          choices={[
            ['', 'all'],
            ['active', 'active'],
            ['suspended', 'suspended'],
          ]}
        />
        <Choice
          name="dpa"
          label="Agreement"
          choices={[
            ['', 'all'],
            ['accepted', 'accepted'],
            ['outdated', 'outdated'],
            ['missing', 'never accepted'],
          ]}
        />
        <Choice
          name="sort"
          label="Order"
          choices={[
            ['', 'short name'],
            ['name', 'name'],
            ['-createdAt', 'newest first'],
          ]}
        />
      </Filters>
      <Card>
        <Table
          of={organizations}
          keyOf={({ id }: Organization) => id}
          label="Organizations"
          empty={
            isFiltered ? (
              <Empty title="No organization fits these filters">
                <Link to={pathTo(realm, 'organizations')}>Clear the filters</Link>
              </Empty>
            ) : (
              <Empty title="No organizations yet">
                An organization is a company that calls your API. Create one, then a client for each of its backends.
              </Empty>
            )
          }
        >
          <Column title="Organization" main cell={(one: Organization) => <Named realm={realm} organization={one} />} />
          <Column
            title="Agreement"
            cell={({ status: current, standing }: Organization) => <Standing status={current} standing={standing} />}
          />
          <Column title="Clients" number cell={({ standing }: Organization) => (standing ? number(standing.clients) : '')} />
          <Column title="Last token" cell={({ standing }: Organization) => <Time at={standing?.lastUsedAt} />} />
          <Column
            title="Refused today"
            number
            cell={({ standing }: Organization) => (standing?.refused ? number(standing.refused.today) : '–')}
          />
        </Table>
      </Card>
      {organizations.items.length > 0 && (
        <ExportList
          operation="organizations.list"
          input={{ params: { realm }, query: questionOf({ search, status, dpa, sort }) }}
          noun="organization"
          file={`organizations-${realm}`}
          formats={[organizationsAsCsv]}
          command={`countersign organization list --realm ${realm} --json`}
        />
      )}
    </Page>
  )
}

function Named({ realm, organization: { slug, name } }: { readonly realm: string; readonly organization: Organization }): VNode {
  return (
    <>
      <Link to={pathTo(realm, 'organizations', slug)}>
        <Name>{name}</Name>
      </Link>{' '}
      <code class="soft">{slug}</code>
    </>
  )
}

/** One chip in a row: that it is suspended matters more than its agreement. */
function Standing({ status, standing }: Pick<Organization, 'status' | 'standing'>): VNode | null {
  if (status === 'suspended') return <Chip tone="off">suspended</Chip>
  return standing ? <AgreementChip standing={standing.dpa} version={standing.acceptedVersion} /> : null
}
