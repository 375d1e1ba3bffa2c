import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { now } from '../../shared/clock.ts'
import { Card } from '../../shared/components/card.tsx'
import { Choice, Filters } from '../../shared/components/filters.tsx'
import { Name } from '../../shared/components/name.tsx'
import { number } from '../../shared/count.ts'
import { csvOf } from '../../shared/csv.ts'
import { saveFile } from '../../shared/download.ts'
import { Link } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { Bars } from '../../shared/plots/bars.tsx'
import { sumOf } from '../../shared/plots/geometry.ts'
import { read } from '../../shared/reads.ts'
import { titleOfRefusal } from '../../shared/refusal-words.ts'
import { hoursAgo } from '../../shared/series-points.ts'
import { clientsOfOwn } from '../clients.ts'
import { isPerson, own } from '../own.ts'
import { ClientChoice } from '../parts/client-choice.tsx'
import { countsOf, usageRows } from '../usage-rows.ts'

type Usage = OperationOutput<'usage.series'>

const spans = [
  ['', '7 days, by hour', 'hour', 7 * 24],
  ['48h', '48 hours, by hour', 'hour', 48],
  ['30d', '30 days, by day', 'day', 30 * 24],
  ['90d', '90 days, by day', 'day', 90 * 24],
] as const

export const page = definePage({
  path: '/usage',
  title: 'Usage',
  query: { span: '', client: '' },
  data: ({ span, client }) => {
    const { realm, organization } = own()
    const [, , step, hours] = spans.find(([value]) => value === span) ?? spans[0]
    const query = { ...(client && { client }), by: 'outcome', step, from: hoursAgo(hours, now()) } as const
    return {
      clients: clientsOfOwn(),
      organization: read('organizations.get', { params: { realm, organization } }),
      tokens: read('usage.series', { params: { realm }, query: { ...query, what: 'token' } }),
      calls: read('usage.series', { params: { realm }, query: { ...query, what: 'call' } }),
    }
  },
  view: ({ organization, clients, tokens, calls }) => (
    <Page
      title="Usage"
      actions={
        <button type="button" onClick={() => save(tokens, calls)}>
          Save as CSV
        </button>
      }
    >
      <Filters>
        <Choice name="span" label="Of the last" choices={spans.map(([value, word]) => [value, word] as const)} />
        {isPerson() && <ClientChoice clients={clients.items} />}
      </Filters>
      <Card title="Token requests" beside={<Link to="/refusals">Refusals</Link>}>
        <Counted usage={tokens} good="issued" label="Token requests" none="No token was requested in this time." />
      </Card>
      <Card title="Calls">
        <Counted
          usage={calls}
          good="allowed"
          label="Calls"
          none="No call was counted in this time. Not every API of the provider counts them."
        />
      </Card>
      <Card title="Rate limit">
        <RateLimit capabilities={organization.capabilities} calls={calls} />
      </Card>
    </Page>
  ),
})

interface CountedProps {
  readonly usage: Usage
  readonly good: 'issued' | 'allowed'
  readonly label: string
  readonly none: string
}

function Counted({ usage, good, label, none }: CountedProps): VNode {
  const counts = countsOf(usage, good)
  if (sumOf(counts.good) + sumOf(counts.refused) === 0) return <p class="soft">{none}</p>
  const reasons = usage.series.filter(({ key }) => key !== good)
  return (
    <div class="grid">
      <Bars
        series={[
          { name: good, tone: 'new', points: counts.good },
          { name: 'refused', tone: 'refused', points: counts.refused },
        ]}
        from={usage.from}
        step={usage.step}
        label={label}
      />
      {reasons.length > 0 && (
        <p class="small soft">
          Refused: {reasons.map(({ key, total }) => `${key === null ? 'others' : titleOfRefusal(key)} ${number(total)}`).join(' · ')}
        </p>
      )}
    </div>
  )
}

function RateLimit({ capabilities, calls }: { readonly capabilities: Readonly<Record<string, unknown>>; readonly calls: Usage }): VNode {
  const tier = capabilities['rateLimitTier']
  const limited = calls.series.find(({ key }) => key === 'rate-limited')?.total ?? 0
  return (
    <p>
      {typeof tier === 'string' ? (
        <>
          Your tier is <b>{<Name>{tier}</Name>}</b>.
        </>
      ) : (
        'The provider has given you no tier of your own.'
      )}{' '}
      {limited === 0
        ? 'No call was above the limit in this time.'
        : `${number(limited)} calls were above the limit in this time, and were answered with 429 and Retry-After.`}
    </p>
  )
}

function save(tokens: Usage, calls: Usage): void {
  saveFile(`usage-${tokens.from.slice(0, 10)}-by-${tokens.step}.csv`, 'text/csv', csvOf(usageRows(tokens, calls)))
}
