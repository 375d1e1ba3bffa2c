import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Checks } from '../../shared/checks.tsx'
import { Callout, Card, Empty } from '../../shared/components/card.tsx'
import { CopyButton, Copyable } from '../../shared/components/copyable.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { titleOfRefusal } from '../../shared/refusal-words.ts'
import { own } from '../own.ts'
import { AskFor } from '../parts/ask-for.tsx'
import { RequestChip, requestsOfOwn } from '../parts/what-is-asked.tsx'
import { toOwnRefusals } from '../refusals.ts'

export const page = definePage({
  path: '/refusals/:request',
  title: 'Why was it refused?',
  data: () => ({}),
  view: ({ request }) => (
    <Page title="Why was it refused?" name={`Why was ${request} refused?`} trail={[{ to: '/refusals', name: 'Refusals' }]}>
      <Explained request={request} />
    </Page>
  ),
})

function Explained({ request }: { readonly request: string }): VNode {
  const { answers, error, refresh } = useReads({
    explained: read('requests.explain', { params: { request } }, { every: 30_000 }),
    listed: read('refusals.list', { params: { realm: own().realm }, query: { request, limit: 1 } }, { every: 600_000 }),
  })
  if (answers) return <Explanation explained={answers.explained} partner={toOwnRefusals(answers.listed).items[0]?.partnerId ?? undefined} />
  if (error?.code === 'not-found')
    return (
      <Card>
        <Empty title="No refusal of yours has this id in the last 30 days">
          The id is in the header X-Request-Id of the response. Requests that succeeded are not kept.
        </Empty>
      </Card>
    )
  return error ? <Failure error={error} retry={refresh} /> : <Skeleton />
}

/** What the portal leaves out of the answer for operators may be absent. */
type Explained = Partial<Omit<OperationOutput<'requests.explain'>, 'cause'>> & { readonly cause: string | null }

const nowWords = {
  allowed: 'The same request would be allowed now.',
  same: 'The same request would be refused now, too.',
  other: 'The same request would be refused now for another reason.',
  unknown: 'Whether it would be allowed now cannot be told.',
} as const

const fixers = {
  integrator: 'You can change it',
  operator: 'Only the provider can change it',
  api: 'Only the provider can change it',
} as const

interface ExplanationProps {
  readonly explained: Explained
  /** That the request named. */
  readonly partner: string | undefined
}

function Explanation({ explained, partner }: ExplanationProps): VNode {
  const { cause, remedy, who, now, checks = [], code, status } = explained
  const isAllowedNow = now?.outcome === 'allowed'
  return (
    <>
      <div class="grid cols">
        <Card
          title={code ? titleOfRefusal(code) : 'The request was refused'}
          beside={
            code && (
              <span class="soft">
                {status} <code>{code}</code>
              </span>
            )
          }
        >
          <div class="grid">
            <p class="cause">
              <Name>{cause ?? 'The response has the reason.'}</Name>
            </p>
            <Callout tone={isAllowedNow ? 'ok' : 'warn'}>
              {now && (
                <p>
                  <b>{nowWords[now.outcome]}</b>
                </p>
              )}
              {!isAllowedNow && (
                <p>
                  {who && <b>{fixers[who]}.</b>} {who === 'integrator' && remedy && <Name>{remedy}</Name>}
                </p>
              )}
              {!isAllowedNow && code?.startsWith('dpa-') && (
                <p>
                  <Link to="/agreement">Read the agreement</Link>
                </p>
              )}
            </Callout>
          </div>
        </Card>
        <Card title="The request">
          <Request explained={explained} />
        </Card>
      </div>
      {checks.length > 0 && (
        <Card title="Checks">
          <Checks checks={checks} />
        </Card>
      )}
      {!isAllowedNow && who !== 'integrator' && (
        <Card title="To ask the provider" beside={<CopyButton text={questionOf(explained)} label="Copy this text" />}>
          <div class="grid">
            <p class="tell">{questionOf(explained)}</p>
            {code === 'partner-not-authorized' && partner !== undefined && <AskForPartner partner={partner} />}
            {code === 'capability-missing' && (
              <div class="row">
                <AskFor kind="capability" />
              </div>
            )}
          </div>
        </Card>
      )}
    </>
  )
}

/** Not again while the provider has not answered. */
function AskForPartner({ partner }: { readonly partner: string }): VNode {
  const { answers } = useReads({ requests: requestsOfOwn() })
  const asked = answers?.requests.items.find(({ kind, what, state }) => kind === 'partner' && what === partner && state === 'open')
  if (!asked)
    return (
      <div class="row">
        <AskFor kind="partner" what={partner} />
      </div>
    )
  return (
    <p class="row">
      <Link to="/requests">You asked for it</Link> <Time at={asked.askedAt} /> <RequestChip state={asked.state} />
    </p>
  )
}

/** What the provider needs to find it. */
function questionOf({ request, status, code, cause }: Explained): string {
  const { id = '', at = '', clientId, method, route } = request ?? {}
  const client = clientId ? ` by ${clientId}` : ''
  const what = route ? ` (${`${method ?? ''} ${route}`.trim()})` : ''
  return `Request ${id}${client} at ${at.slice(0, 19).replace('T', ' ')} UTC${what} was refused with ${status} ${code}. ${cause ?? ''}`.trim()
}

function Request({ explained: { request } }: { readonly explained: Explained }): VNode | null {
  if (!request) return null
  const { id, at, clientId, method, route, api, callerRequestId } = request
  return (
    <dl>
      <dt>When</dt>
      <dd>
        <Time at={at} />
      </dd>
      {route !== null && (
        <>
          <dt>What</dt>
          <dd>
            <code>
              <Name>{`${method ?? ''} ${route}`.trim()}</Name>
            </code>
          </dd>
        </>
      )}
      <dt>At</dt>
      <dd>{api === null ? 'the server of the provider' : <Name>{api}</Name>}</dd>
      {clientId && (
        <>
          <dt>Client</dt>
          <dd>
            <Link to={pathTo('clients', clientId)}>
              <Name>{clientId}</Name>
            </Link>
          </dd>
        </>
      )}
      <dt>Request id</dt>
      <dd>
        <Copyable text={id} shown={id} name="request id" />
      </dd>
      {callerRequestId && (
        <>
          <dt>Your own id</dt>
          <dd>
            <Copyable text={callerRequestId} name="your own id" />
          </dd>
        </>
      )}
    </dl>
  )
}
