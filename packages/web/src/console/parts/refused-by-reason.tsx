// What was refused in the last 24 hours, by reason, as a table with meters.
import type { ComponentChildren, VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Column, Table } from '../../shared/components/table.tsx'
import { Empty } from '../../shared/components/card.tsx'
import { number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { Meter } from '../../shared/plots/meter.tsx'
import { read, type Read } from '../../shared/reads.ts'
import { titleOfRefusal } from '../../shared/refusal-words.ts'
import { may } from '../../shared/session.ts'

export interface RefusedRow {
  /** Null for the rest. */
  readonly code: string | null
  readonly count: number
}

/** The counts by outcome of the last 24 hours. */
export function readOutcomes(realm: string, organization?: string): Read<'usage.series'> {
  const query = { step: 'hour', by: 'outcome', ...(organization !== undefined && { organization }) } as const
  return read('usage.series', { params: { realm }, query }, { every: 10_000, when: may('clients:read') })
}

const allowed: ReadonlySet<string | null> = new Set(['issued', 'allowed'])

export function refusedRows({ series }: OperationOutput<'usage.series'>): readonly RefusedRow[] {
  return series.filter(({ key, total }) => !allowed.has(key) && total > 0).map(({ key, total }) => ({ code: key, count: total }))
}

export interface RefusedByReasonProps {
  readonly realm: string
  readonly rows: readonly RefusedRow[]
  readonly organization?: string
  /** What changes it, for a reason. */
  readonly remedy?: (code: string) => ComponentChildren
}

export function RefusedByReason({ realm, rows, organization, remedy }: RefusedByReasonProps): VNode {
  const all = rows.reduce((sum, { count }) => sum + count, 0)
  const query = organization === undefined ? '' : `&organization=${encodeURIComponent(organization)}`
  return (
    <Table
      of={{ items: rows }}
      keyOf={({ code }: RefusedRow) => code ?? ''}
      label="Refused in the last 24 hours, by reason"
      empty={<Empty title="Nothing was refused in the last 24 hours" />}
    >
      <Column
        title="Reason"
        main
        cell={({ code }: RefusedRow) =>
          code === null ? 'Other reasons' : <Link to={`${pathTo(realm, 'refusals')}?code=${code}${query}`}>{titleOfRefusal(code)}</Link>
        }
      />
      <Column title="Share" cell={({ count }: RefusedRow) => <Meter value={count} max={all} label="Refused" tone="refused" width={90} />} />
      <Column title="Times" number cell={({ count }: RefusedRow) => number(count)} />
      {remedy && <Column title="What changes it" cell={({ code }: RefusedRow) => (code === null ? '' : remedy(code))} />}
    </Table>
  )
}
