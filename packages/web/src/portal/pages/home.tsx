import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { now } from '../../shared/clock.ts'
import { Callout, Card, Figure } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { lastUseOf } from '../../shared/client-state.ts'
import { countOf, number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { titleOfRefusal } from '../../shared/refusal-words.ts'
import { hoursAgo } from '../../shared/series-points.ts'
import { mayAs } from '../../shared/session.ts'
import { zone } from '../../shared/settings.ts'
import type { Task } from '../client-tasks.ts'
import { clientsOfOwn, lastTokenOf } from '../clients.ts'
import { own } from '../own.ts'
import { HomeClients } from '../parts/home-clients.tsx'
import { RequestChip, requestsOfOwn, WhatIsAsked } from '../parts/what-is-asked.tsx'
import { groupRefusals, toOwnRefusals, type OwnRefusals } from '../refusals.ts'
import { tasksOf } from '../tasks.ts'

export const page = definePage({
  path: '/',
  title: 'Home',
  data: () => {
    const { realm, organization } = own()
    const day = { from: hoursAgo(24, now()), by: 'outcome' } as const
    return {
      organization: read('organizations.get', { params: { realm, organization } }),
      clients: clientsOfOwn(),
      tokens: read('usage.series', { params: { realm }, query: { ...day, what: 'token' } }),
      calls: read('usage.series', { params: { realm }, query: { ...day, what: 'call' } }),
      refusals: read('refusals.list', { params: { realm }, query: { from: day.from, limit: 50 } }),
      versions: read('dpa.versions', { params: { realm } }, { every: 300_000 }),
      requests: requestsOfOwn(),
    }
  },
  view: ({ refusals, ...facts }) => <Home {...facts} refusals={toOwnRefusals(refusals)} />,
})

type Usage = OperationOutput<'usage.series'>

interface HomeProps {
  readonly organization: OperationOutput<'organizations.get'>
  readonly clients: OperationOutput<'clients.list'>
  readonly tokens: Usage
  readonly calls: Usage
  readonly refusals: OwnRefusals
  readonly versions: OperationOutput<'dpa.versions'>
  readonly requests: OperationOutput<'accessRequests.ofOrganization'>
}

function Home({ organization, clients, tokens, calls, refusals, versions, requests }: HomeProps): VNode {
  const refusedOf = ({ series }: Usage, good: string) => series.filter(({ key }) => key !== good)
  const counted = [...refusedOf(tokens, 'issued'), ...refusedOf(calls, 'allowed')]
  const groups = groupRefusals(refusals.items, counted)
  // The others have no name.
  const refused = [...groups.map(({ count }) => count), ...counted.map(({ key, total }) => (key === null ? total : 0))].reduce(
    (a, b) => a + b,
    0,
  )
  const [first, ...others] = tasksOf(
    { organization, clients: clients.items, versions: versions.items, requests: requests.items, refused, mayAccept: mayAs('admin') },
    now(),
    zone.value,
  )
  const lastTokenAt = lastUseOf(clients.items.map((client) => ({ lastUsedAt: lastTokenOf(client) })))
  return (
    <Page title={<Name>{organization.name}</Name>} name={organization.name}>
      {clients.items.length > 0 ? <First task={first ?? works} /> : first && <First task={first} />}
      <div class="grid four">
        <Figure value={<Time at={lastTokenAt} />}>last token request</Figure>
        <Figure value={number(goodOf(tokens, 'issued'))}>tokens, 24 hours</Figure>
        <Figure value={number(goodOf(calls, 'allowed'))}>calls that passed, 24 hours</Figure>
        <Figure value={number(refused)}>refused, 24 hours</Figure>
      </div>
      {others.length > 0 && (
        <Card title="Also to do">
          <ul class="lines">
            {others.map((task) => (
              <li key={task.title} class="row spread">
                <span>
                  <b>{task.title}</b> {task.words}
                </span>
                <Step task={task} />
              </li>
            ))}
          </ul>
        </Card>
      )}
      <div class="grid cols">
        <HomeClients clients={clients.items} requests={requests.items} />
        <Card title="You may">
          <ul class="lines">
            <li>
              <Link to="/partners">act for {countOf(organization.partners.total, 'partner')}</Link>
            </li>
            <li>
              <Link to="/capabilities">
                use{' '}
                {countOf(Object.values(organization.capabilities).filter((value) => value === true).length, 'capability', 'capabilities')}
              </Link>
            </li>
            {typeof organization.capabilities['rateLimitTier'] === 'string' && (
              <li>
                <Link to="/usage">
                  send requests in the tier <Name>{organization.capabilities['rateLimitTier']}</Name>
                </Link>
              </li>
            )}
            {clients.items.length === 1 && (
              <li>
                request the scopes <code>{clients.items[0]?.scopes.join(' ') || 'none'}</code>
              </li>
            )}
          </ul>
        </Card>
      </div>
      {requests.items.length > 0 && (
        <Card title="Asked for" beside={<Link to="/requests">All requests</Link>}>
          <ul class="lines">
            {requests.items.slice(0, 4).map((request) => (
              <li key={request.id} class="row spread">
                <div>
                  <WhatIsAsked request={request} />
                  {request.answer !== null && (
                    <p class="soft">
                      The provider: <Name>{request.answer}</Name>
                    </p>
                  )}
                </div>
                <RequestChip state={request.state} />
              </li>
            ))}
          </ul>
        </Card>
      )}
      {groups.length > 0 && (
        <Card title="Refused in the last 24 hours" beside={<Link to="/refusals">All refusals</Link>}>
          <ul class="lines">
            {groups.slice(0, 5).map(({ code, count, last }) => (
              <li key={code} class="row spread">
                <span>
                  {titleOfRefusal(code)}{' '}
                  <span class="soft nowrap">
                    {number(count)} ×
                    {last && (
                      <>
                        {' '}
                        · last <Time at={last.at} />
                      </>
                    )}
                  </span>
                </span>
                {last && <Link to={pathTo('refusals', last.requestId)}>Why?</Link>}
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Page>
  )
}

const works: Task = { tone: 'ok', title: 'Your integration works.', words: 'There is nothing that you have to do.' }

function First({ task }: { readonly task: Task }): VNode {
  return (
    <Callout tone={task.tone}>
      <p>
        <b>{task.title}</b> {task.words}
      </p>
      {task.step && (
        <div class="row">
          <Step task={task} isMain />
        </div>
      )}
    </Callout>
  )
}

function Step({ task: { step }, isMain = false }: { readonly task: Task; readonly isMain?: boolean }): VNode | null {
  // A viewer replaces no secret.
  if (!step || (step.to.endsWith('/rotate') && !mayAs('developer'))) return null
  return (
    <Link to={step.to} class={isMain ? 'button primary' : 'button'}>
      {step.label}
    </Link>
  )
}

function goodOf({ series }: Usage, good: string): number {
  return series.find(({ key }) => key === good)?.total ?? 0
}
