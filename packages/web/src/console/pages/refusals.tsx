import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { now } from '../../shared/clock.ts'
import { Callout, Card, Empty } from '../../shared/components/card.tsx'
import { CopyButton } from '../../shared/components/copyable.tsx'
import { Choice, Filters, SearchField } from '../../shared/components/filters.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { number } from '../../shared/count.ts'
import { Link, pathTo, useQueryMembers } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { Bars } from '../../shared/plots/bars.tsx'
import { read } from '../../shared/reads.ts'
import { refusalsAsCsv } from '../parts/export-formats.ts'
import { ExportList } from '../parts/export-list.tsx'
import { OrganizationFilter } from '../parts/organization-filter.tsx'
import { RefusalGroups } from '../parts/refusal-groups.tsx'
import {
  describeSpanOf,
  isFiltered,
  noRefusalFilters,
  sources,
  spans,
  toExportQuery,
  toSummaryQuery,
  type RefusalPlace,
} from '../parts/refusal-question.ts'
import { codesToChoose, nameRefusal } from '../../shared/refusal-words.ts'

type Summary = OperationOutput<'refusals.summary'>

export const page = definePage({
  path: '/:realm/refusals',
  title: 'Refusals',
  needs: 'audit:read',
  query: noRefusalFilters,
  data: ({ realm, ...place }) => ({
    summary: read('refusals.summary', { params: { realm }, query: toSummaryQuery(place, now()) }, { every: 30_000 }),
  }),
  view: ({ summary, realm, ...place }) => <Refusals summary={summary} realm={realm} place={place} />,
})

interface RefusalsProps {
  readonly summary: Summary
  readonly realm: string
  readonly place: RefusalPlace
}

function Refusals({ summary, realm, place }: RefusalsProps): VNode {
  const { code } = place
  const isListed = code === '' || codesToChoose.some(([known]) => known === code)
  return (
    <Page title="Refusals" actions={<CopyButton text={location.href} label="Copy the link" />}>
      <Filters>
        <Choice name="span" label="In the last" choices={spans} />
        <Choice name="code" label="Reason" choices={[['', 'all'], ...codesToChoose, ...(isListed ? [] : [[code, code] as const])]} />
        <OrganizationFilter realm={realm} />
        <SearchField name="client" label="Client id" />
        <Choice name="source" label="Refused by" choices={sources} />
      </Filters>
      {summary.countedFrom > summary.from && (
        <Callout tone="warn">
          There are more than 50,000 refusals: those before <Time at={summary.countedFrom} /> are not counted here.
        </Callout>
      )}
      {summary.total === 0 ? <NoRefusals realm={realm} place={place} /> : <Found summary={summary} realm={realm} place={place} />}
    </Page>
  )
}

function Found({ summary, realm, place }: RefusalsProps): VNode {
  const { reasons, groups, others, from, step, total } = summary
  const points = Array.from({ length: reasons[0]?.points.length ?? 0 }, (_, at) =>
    reasons.reduce((sum, one) => sum + (one.points[at] ?? 0), 0),
  )
  return (
    <>
      <Card title={`${number(total)} refusals, by ${step}`}>
        <div class="grid">
          <Bars
            series={[{ name: 'refused', tone: 'refused', points }]}
            from={from}
            step={step}
            label={`Refusals in the last ${describeSpanOf(place.span)}`}
          />
          <Reasons reasons={reasons} place={place} />
        </div>
      </Card>
      <Card title="Why, and which client">
        <RefusalGroups summary={summary} realm={realm} place={place} />
        {others > 0 && (
          <p class="small soft">
            The {groups.length} largest groups are shown; {number(others)} refusals are in smaller ones.
          </p>
        )}
      </Card>
      <ExportList
        operation="refusals.list"
        input={{ params: { realm }, query: toExportQuery(place, from) }}
        noun="refusal"
        file={`refusals-${realm}`}
        formats={[refusalsAsCsv]}
        command={`countersign refusal list --realm ${realm} --json`}
      />
    </>
  )
}

function Reasons({ reasons, place }: { readonly reasons: Summary['reasons']; readonly place: RefusalPlace }): VNode {
  const change = useQueryMembers()
  const isChosen = place.code !== '' || place.reason !== ''
  return (
    <p class="row">
      {reasons.slice(0, 8).map((one) => (
        <button
          key={`${one.code} ${one.reason}`}
          type="button"
          aria-pressed={place.code === one.code && place.reason === (one.reason ?? '')}
          onClick={() => change({ code: one.code, reason: one.reason ?? undefined })}
        >
          <Name>{nameRefusal(one)}</Name> {number(one.count)}
        </button>
      ))}
      {isChosen && (
        <button type="button" onClick={() => change({ code: undefined, reason: undefined })}>
          All reasons
        </button>
      )}
    </p>
  )
}

function NoRefusals({ realm, place }: Omit<RefusalsProps, 'summary'>): VNode {
  const span = describeSpanOf(place.span)
  return (
    <Card>
      {isFiltered(place) ? (
        <Empty title={`No refusal fits these filters in the last ${span}`}>
          <Link to={pathTo(realm, 'refusals')}>Clear the filters</Link>
        </Empty>
      ) : (
        <Empty title={`No request was refused in the last ${span}`}>
          Refusals of this server and of guards that report are listed here within seconds.{' '}
          <Link to={pathTo(realm, 'guards')}>Which guards report</Link>
        </Empty>
      )}
    </Card>
  )
}
