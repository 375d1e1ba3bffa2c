import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { RequestTable } from './request-table.tsx'

const maxShown = 10

export function OrganizationRequests({ organization }: { readonly organization: OperationOutput<'organizations.get'> }): VNode {
  const { realm, slug } = organization
  const { answers, error, refresh } = useReads({
    requests: read('accessRequests.ofOrganization', { params: { realm, organization: slug }, query: { limit: maxShown } }),
  })
  return (
    <Card
      id="requests"
      title="Access requests"
      beside={
        answers?.requests.next && <Link to={`${pathTo(realm, 'requests')}?organization=${encodeURIComponent(slug)}`}>All requests</Link>
      }
    >
      {answers ? (
        <RequestTable
          realm={realm}
          of={{ items: answers.requests.items.toSorted((one, other) => Number(other.state === 'open') - Number(one.state === 'open')) }}
          organizationOf={() => organization}
          empty={
            <Empty title="Nothing was asked for">
              At the portal, its people ask for a partner, a capability, a scope or a client. You approve or decline it here.
            </Empty>
          }
        />
      ) : error ? (
        <Failure error={error} retry={refresh} />
      ) : (
        <Skeleton lines={3} />
      )}
    </Card>
  )
}
