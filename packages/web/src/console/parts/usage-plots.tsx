// Token requests over time: of a realm, of a client, and from where a client asks.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { now } from '../../shared/clock.ts'
import { Failure } from '../../shared/components/failure.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Bars } from '../../shared/plots/bars.tsx'
import { sumOf } from '../../shared/plots/geometry.ts'
import { read, useReads, type Read } from '../../shared/reads.ts'
import { hoursAgo, pointsOf } from '../../shared/series-points.ts'
import { may } from '../../shared/session.ts'

/** Token requests of the last 48 hours, issued and refused. */
export function readRealmUsage(realm: string): Read<'usage.series'> {
  const query = { by: 'outcome', what: 'token', step: 'hour', from: hoursAgo(48, now()) } as const
  return read('usage.series', { params: { realm }, query }, { when: may('clients:read') })
}

export function RealmUsage({ usage }: { readonly usage: OperationOutput<'usage.series'> }): VNode {
  return <Requests usage={usage} label="Token requests, 48 hours" none="No token was requested in the last 48 hours." />
}

/** Token requests of a client in the last 7 days, issued and refused. */
export function ClientUsage({ realm, client }: { readonly realm: string; readonly client: string }): VNode {
  const { answers, error, refresh } = useReads({
    usage: read('usage.series', {
      params: { realm },
      query: { client, by: 'outcome', what: 'token', step: 'hour', from: hoursAgo(7 * 24, now()) },
    }),
  })
  if (error && !answers) return <Failure error={error} retry={refresh} />
  return (
    <Requests
      usage={answers?.usage}
      label="Token requests of this client, 7 days"
      none="This client requested no token in the last 7 days."
    />
  )
}

interface RequestsProps {
  /** Undefined while it is read. */
  readonly usage: OperationOutput<'usage.series'> | undefined
  readonly label: string
  readonly none: string
}

/** It has its place from the beginning: nothing below it moves when it is drawn. */
function Requests(props: RequestsProps): VNode {
  return (
    <div class="plot-place">
      <Drawn {...props} />
    </div>
  )
}

function Drawn({ usage, label, none }: RequestsProps): VNode {
  if (!usage) return <Skeleton lines={4} />
  const issued = pointsOf(usage, (key) => key === 'issued')
  const refused = pointsOf(usage, (key) => key !== 'issued')
  if (sumOf(issued) + sumOf(refused) === 0) return <p class="soft">{none}</p>
  return (
    <Bars
      series={[
        { name: 'issued', tone: 'new', points: issued },
        { name: 'refused', tone: 'refused', points: refused },
      ]}
      from={usage.from}
      step="hour"
      label={label}
    />
  )
}
