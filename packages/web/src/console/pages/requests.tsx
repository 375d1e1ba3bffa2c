// What integrators ask for: those that wait for an answer first.
import type { OperationInput, OperationOutput } from '@countersign/admin'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Choice, Filters } from '../../shared/components/filters.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { RequestTable } from '../parts/request-table.tsx'

type Query = OperationInput<'accessRequests.list'>['query']
type One = OperationOutput<'accessRequests.list'>['items'][number]

export const page = definePage({
  path: '/:realm/requests',
  title: 'Access requests',
  needs: 'organizations:read',
  query: { state: '', organization: '', after: '' },
  data: ({ realm, state, organization, after }) => ({
    requests: read('accessRequests.list', {
      params: { realm },
      query: { ...(state && { state }), ...(organization && { organization }), ...(after && { after }) } as Query,
    }),
  }),
  view: ({ realm, requests, state, organization }) => (
    <Page title="Access requests" name={`Access requests of ${realm}`}>
      <p class="soft text">
        People of an organization ask for them at the portal. Approving one does what was asked for, with your name and the request in the
        audit log.
      </p>
      <Filters>
        <Choice
          name="state"
          label="State"
          choices={[
            ['', 'all, open ones first'],
            ['open', 'open'],
            ['approved', 'approved'],
            ['declined', 'declined'],
            ['withdrawn', 'withdrawn'],
          ]}
        />
      </Filters>
      {organization && (
        <p>
          Only those of <Name>{organization}</Name>. <Link to={pathTo(realm, 'requests')}>Show all</Link>
        </p>
      )}
      <Card>
        <RequestTable
          realm={realm}
          of={requests}
          organizationOf={(one: One) => one.organization}
          withOrganization
          empty={
            <Empty title={state || organization ? 'No request fits these filters' : 'Nothing was asked for yet'}>
              {state || organization ? (
                <Link to={pathTo(realm, 'requests')}>Clear the filters</Link>
              ) : (
                'An organization asks for a partner, a capability, a scope or a client at the portal. What waits for an answer stands here first.'
              )}
            </Empty>
          }
        />
      </Card>
    </Page>
  ),
})
