import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Card, Empty, Figure } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { number } from '../../shared/count.ts'
import { later } from '../../shared/later.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { may } from '../../shared/session.ts'
import { NewOrganization } from '../new-organization.tsx'
import { AttentionList } from '../parts/attention.tsx'
import { EventList } from '../parts/event-list.tsx'
import { Lacks } from '../parts/lacks.tsx'
import { readOutcomes, refusedRows, RefusedByReason } from '../parts/refused-by-reason.tsx'
import { readRealmUsage, RealmUsage } from '../parts/usage-plots.tsx'

const FirstSteps = later(() => import('../parts/first-steps.tsx').then((module) => module.FirstSteps))

export const page = definePage({
  path: '/:realm',
  title: 'Overview',
  needs: 'organizations:read',
  data: ({ realm }) => ({
    summary: read('realms.summary', { params: { realm } }, { every: 10_000 }),
    outcomes: readOutcomes(realm),
    usage: readRealmUsage(realm),
    changed: read('audit.search', { params: {}, query: { realm, changes: 'true', limit: 8 } }, { when: may('audit:read') }),
  }),
  view: (props) => <Overview {...props} />,
})

interface OverviewProps {
  readonly realm: string
  readonly summary: OperationOutput<'realms.summary'>
  readonly outcomes: OperationOutput<'usage.series'> | undefined
  readonly usage: OperationOutput<'usage.series'> | undefined
  readonly changed: OperationOutput<'audit.search'> | undefined
}

/** A realm that is being set up, and not one that is silent. */
const fewOrganizations = 3

function Overview({ realm, summary, outcomes, usage, changed }: OverviewProps): VNode {
  const { counts, attention, more, lacking } = summary
  const isNew = counts.organizations === 0 || counts.clients === 0 || (counts.organizations <= fewOrganizations && outcomes?.total === 0)
  return (
    <Page title="Overview" name={`Overview of ${realm}`} actions={<NewOrganization realm={realm} />}>
      {isNew && <FirstSteps realm={realm} organizations={counts.organizations} clients={counts.clients ?? 0} />}
      <Card
        title="Needs attention"
        beside={attention.length > 0 && <span class="soft small">{more ? '50 and more' : attention.length}</span>}
      >
        {attention.length === 0 ? (
          <Empty title="Nothing needs attention">
            Secrets about to end, rotations that will cut off a client, agreements not accepted and silent guards would be listed here.
          </Empty>
        ) : (
          <AttentionList realm={realm} items={attention} />
        )}
        {lacking.length > 0 && (
          <p class="soft small">
            Not all is shown: you lack <code>{lacking.join(' ')}</code>.
          </p>
        )}
      </Card>
      <Counts realm={realm} counts={counts} />
      <div class="grid cols">
        <Card title="Token requests, last 48 hours">{usage ? <RealmUsage usage={usage} /> : <Lacks scope="clients:read" />}</Card>
        <Card title="Refused, last 24 hours" beside={<Link to={pathTo(realm, 'refusals')}>All</Link>}>
          {outcomes ? <RefusedByReason realm={realm} rows={refusedRows(outcomes).slice(0, 6)} /> : <Lacks scope="clients:read" />}
        </Card>
      </div>
      <Card title="Changed lately" beside={<Link to={`/audit?realm=${realm}`}>Audit log</Link>}>
        {!changed ? (
          <Lacks scope="audit:read" />
        ) : changed.items.length === 0 ? (
          <Empty title="No change yet" />
        ) : (
          <EventList events={changed.items} label="The last changes" />
        )}
      </Card>
    </Page>
  )
}

function Counts({ realm, counts }: { readonly realm: string; readonly counts: OverviewProps['summary']['counts'] }): VNode {
  const { organizations, clients, rotating, due, agreement, refusedLastHour } = counts
  const open = agreement.outdated + agreement.missing
  return (
    <div class="grid four">
      <Figure value={number(organizations)}>
        <Link to={pathTo(realm, 'organizations')}>{organizations === 1 ? 'organization' : 'organizations'}</Link>
        {clients !== null && (
          <>
            , <Link to={pathTo(realm, 'clients')}>{`${number(clients)} ${clients === 1 ? 'client' : 'clients'}`}</Link>
          </>
        )}
      </Figure>
      {rotating !== null && (
        <Figure value={number(rotating)}>
          <Link to={pathTo(realm, 'rotation')}>{rotating === 1 ? 'secret is being replaced' : 'secrets are being replaced'}</Link>
          {due !== null && due > 0 && `, ${number(due)} due`}
        </Figure>
      )}
      <Figure value={agreement.requiredVersion === null ? '–' : number(open)}>
        <Link to={pathTo(realm, 'agreement')}>
          {agreement.requiredVersion === null ? (
            'no agreement is required'
          ) : (
            <>
              without the agreement{' '}
              <span class="nowrap">
                <Name>{agreement.requiredVersion}</Name>
              </span>
            </>
          )}
        </Link>
      </Figure>
      {refusedLastHour !== null && (
        <Figure value={number(refusedLastHour)}>
          <Link to={pathTo(realm, 'refusals')}>refused in the last hour</Link>
        </Figure>
      )}
    </div>
  )
}
