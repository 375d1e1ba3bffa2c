import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Callout, Card, Figure } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { describeClient, lastUseOf } from '../../shared/client-state.ts'
import { countOf, number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { hoursAgo } from '../../shared/series-points.ts'
import { zone } from '../../shared/settings.ts'
import { own } from '../own.ts'
import { Addresses } from '../parts/addresses.tsx'
import { RefusedBecause } from '../parts/refused-because.tsx'
import { groupRefusals, toOwnRefusals, type OwnRefusals } from '../refusals.ts'
import { tasksOf, type Task } from '../tasks.ts'

export const page = definePage({
  path: '/',
  title: 'Home',
  data: () => {
    const { realm, organization, client } = own()
    const day = { from: hoursAgo(24, Date.now()), client, by: 'outcome' } as const
    return {
      organization: read('organizations.get', { params: { realm, organization } }),
      client: read('clients.get', { params: { realm, client } }),
      rotation: read('rotation.get', { params: { realm, client } }),
      tokens: read('usage.series', { params: { realm }, query: { ...day, what: 'token' } }),
      calls: read('usage.series', { params: { realm }, query: { ...day, what: 'call' } }),
      refusals: read('refusals.list', { params: { realm }, query: { from: day.from, limit: 50 } }),
      versions: read('dpa.versions', { params: { realm } }, { every: 300_000 }),
    }
  },
  view: ({ refusals, ...facts }) => <Home {...facts} refusals={toOwnRefusals(refusals)} />,
})

type Usage = OperationOutput<'usage.series'>

interface HomeProps {
  readonly organization: OperationOutput<'organizations.get'>
  readonly client: OperationOutput<'clients.get'>
  readonly rotation: OperationOutput<'rotation.get'>
  readonly tokens: Usage
  readonly calls: Usage
  readonly refusals: OwnRefusals
  readonly versions: OperationOutput<'dpa.versions'>
}

function Home({ organization, client, rotation, tokens, calls, refusals, versions }: HomeProps): VNode {
  const now = Date.now()
  const path = pathTo('clients', client.clientId)
  const lastTokenAt = lastUseOf(client.secrets)
  // Counts follow some seconds after the refusals themselves.
  const refused = Math.max(refusals.items.length, refusedOf(tokens, 'issued') + refusedOf(calls, 'allowed'))
  const facts = { organization, client, rotation, versions: versions.items, refused, lastTokenAt }
  const [first, ...others] = tasksOf(facts, { client: path }, now, zone.value)
  const { tone, word } = describeClient(
    { ...client, rotation: rotation.state, isDue: rotation.due.isDue, hasCredential: client.secrets.length > 0, lastUsedAt: lastTokenAt },
    now,
  )
  return (
    <Page title={<Name>{organization.name}</Name>} name={organization.name}>
      <First task={first ?? works} />
      <div class="grid four">
        <Figure value={<Time at={lastTokenAt} />}>last token request</Figure>
        <Figure value={number(tokens.total - refusedOf(tokens, 'issued'))}>tokens, 24 hours</Figure>
        <Figure value={number(calls.total - refusedOf(calls, 'allowed'))}>calls let in, 24 hours</Figure>
        <Figure value={number(refused)}>refused, 24 hours</Figure>
      </div>
      {others.length > 0 && (
        <Card title="Also">
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
        <Card title="Your client" beside={<Chip tone={tone}>{word}</Chip>}>
          <div class="grid">
            <p>
              <Link to={path}>
                <Name>{client.name}</Name>
              </Link>
              {client.secrets[0] && (
                <span class="soft">
                  {' '}
                  · secret <code>…{client.secrets[0].lastFour}</code>, made <Time at={client.secrets[0].createdAt} />
                </span>
              )}
            </p>
            <Addresses clientId={client.clientId} />
            <div class="row">
              <Link to={`${path}/rotate`} class="button">
                {rotation.state === 'stable' ? 'Replace the secret' : 'Go on with the replacement'}
              </Link>
              <Link to="/try" class="button">
                Try it
              </Link>
            </div>
          </div>
        </Card>
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
            <li>
              request the scopes <code>{client.scopes.join(' ') || 'none'}</code>
            </li>
          </ul>
        </Card>
      </div>
      {refusals.items.length > 0 && (
        <Card title="Refused in the last 24 hours" beside={<Link to="/refusals">All refusals</Link>}>
          <ul class="lines">
            {groupRefusals(refusals.items)
              .slice(0, 5)
              .map(({ code, partnerId, count, last }) => (
                <li key={`${code} ${partnerId}`} class="row spread">
                  <span>
                    <RefusedBecause code={code} partnerId={partnerId} />{' '}
                    <span class="soft">
                      {number(count)} × · last <Time at={last.at} />
                    </span>
                  </span>
                  <Link to={pathTo('refusals', last.requestId)}>Why?</Link>
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
  if (!step) return null
  return (
    <Link to={step.to} class={isMain ? 'button primary' : 'button'}>
      {step.label}
    </Link>
  )
}

function refusedOf({ series }: Usage, good: string): number {
  return series.reduce((sum, { key, total }) => (key === good ? sum : sum + total), 0)
}
