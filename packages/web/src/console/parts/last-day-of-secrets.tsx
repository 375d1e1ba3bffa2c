// Tiny bars in a row of the board: how often a secret of a rotation was used in the last 24 hours. Both columns of a row share one read.
import type { VNode } from 'preact'
import { TinyBars } from '../../shared/plots/tiny-bars.tsx'
import { sumOf, type Point } from '../../shared/plots/geometry.ts'
import { describeNumber } from '../../shared/plots/numbers.ts'
import { read, useReads } from '../../shared/reads.ts'

export interface LastDayProps {
  readonly realm: string
  readonly client: string
  readonly secret: string
  readonly tone: 'new' | 'old'
}

const hours = 24

export function LastDayOfSecret({ realm, client, secret, tone }: LastDayProps): VNode {
  const { answers } = useReads({
    usage: read('usage.series', { params: { realm }, query: { client, by: 'credential', what: 'token', step: 'hour' } }, { every: 30_000 }),
  })
  const points: readonly Point[] =
    answers?.usage.series.find(({ key }) => key === secret)?.points ?? Array<Point>(hours).fill(answers ? 0 : null)
  const total = describeNumber(sumOf(points))
  return (
    <span class="tiny-line">
      <TinyBars points={points} tone={tone} label={`${tone} secret: ${total} token requests in ${hours} hours`} />
      <span class="small soft" aria-hidden="true">
        {total} / day
      </span>
    </span>
  )
}
