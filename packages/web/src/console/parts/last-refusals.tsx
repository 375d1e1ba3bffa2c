// The last refusals of a group, each with its explanation.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Empty } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { toListQuery, type RefusalPlace } from './refusal-question.ts'

type Refusal = OperationOutput<'refusals.list'>['items'][number]
type Group = OperationOutput<'refusals.summary'>['groups'][number]

interface LastRefusalsProps {
  readonly group: Group
  readonly realm: string
  readonly place: RefusalPlace
  readonly from: string
}

export function LastRefusals({ group, realm, place, from }: LastRefusalsProps): VNode {
  const { code, reason, clientId, organization } = group
  const wanted = {
    code,
    ...(reason !== null && { reason }),
    ...(clientId !== null && { client: clientId }),
    ...(organization && { organization: organization.id }),
  }
  const { answers, error, refresh } = useReads({
    refusals: read('refusals.list', { params: { realm }, query: toListQuery(place, wanted, from) }, { every: 10_000 }),
  })
  if (!answers) return error ? <Failure error={error} retry={refresh} /> : <Skeleton lines={3} />
  // The list cannot ask for those without a client, a reason or an organization.
  const items = answers.refusals.items.filter(
    (one) => one.clientId === clientId && one.reason === reason && one.organizationId === (organization?.id ?? null),
  )
  return (
    <>
      <Table
        of={{ items }}
        keyOf={({ requestId, reporter }: Refusal) => `${requestId} ${reporter}`}
        label="The last 50"
        empty={
          <Empty title="None among the last 50">
            Others with the same reason are more recent: choose a client or an organization above.
          </Empty>
        }
      >
        <Column title="Time" main cell={({ at }: Refusal) => <Time at={at} />} />
        <Column title="Request id" cell={({ requestId }: Refusal) => <Copyable text={requestId} name="request id" />} />
        <Column title="What" cell={(one: Refusal) => <WhatOf refusal={one} />} />
        <Column title="Address" cell={({ address }: Refusal) => (address === null ? '–' : <code>{address}</code>)} />
        <Column title="Why" cell={({ requestId }: Refusal) => <Link to={pathTo('explain', requestId)}>Explain</Link>} />
      </Table>
      {items.length > 0 && items.length < group.count && (
        <p class="small soft">
          The last {items.length} of {number(group.count)}.
        </p>
      )}
    </>
  )
}

/** The route, and what the check saw that refused it. */
function WhatOf({ refusal: { method, route, api, source, failed } }: { readonly refusal: Refusal }): VNode {
  return (
    <>
      {route === null ? (
        <span class="soft">{api ?? source}</span>
      ) : (
        <code>
          <Name>{`${method ?? ''} ${route}`.trim()}</Name>
        </code>
      )}
      {failed?.saw && (
        <div class="small soft">
          <Name>{failed.saw}</Name>
        </div>
      )}
    </>
  )
}
