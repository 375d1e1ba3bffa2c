import type { VNode } from 'preact'
import { useLocation } from 'preact-iso'
import { now } from '../../shared/clock.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Choice, Filters } from '../../shared/components/filters.tsx'
import { cutInMiddle } from '../../shared/components/copyable.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { TextField } from '../../shared/components/text-field.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Name } from '../../shared/components/name.tsx'
import { hrefOf, Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { titleOfRefusal } from '../../shared/refusal-words.ts'
import { hoursAgo } from '../../shared/series-points.ts'
import { clientsOfOwn } from '../clients.ts'
import { isPerson, own } from '../own.ts'
import { ClientChoice } from '../parts/client-choice.tsx'
import { fixers, toOwnRefusals, type OwnRefusal } from '../refusals.ts'
import { groupSame, type SameRefusals } from '../same-refusals.ts'

const spans = [
  ['', '24 hours', 24],
  ['7d', '7 days', 7 * 24],
  ['30d', '30 days', 30 * 24],
] as const

export const page = definePage({
  path: '/refusals',
  title: 'Refusals',
  query: { span: '', client: '', after: '' },
  data: ({ span, client, after }) => {
    const { realm } = own()
    const [, , hours] = spans.find(([value]) => value === span) ?? spans[0]
    const query = { from: hoursAgo(hours, now()), limit: 50, ...(client && { client }), ...(after && { after }) }
    return { refusals: read('refusals.list', { params: { realm }, query }), clients: clientsOfOwn() }
  },
  view: ({ refusals, clients, after }) => (
    <Page title="Refusals">
      <p class="soft text">
        Requests that were refused with {isPerson() ? 'a token of your clients, or with their' : 'your token, or with your'} client id and
        secret. Each response has its id in the header <code>X-Request-Id</code>.
      </p>
      <Filters>
        <Choice name="span" label="Of the last" choices={spans.map(([value, word]) => [value, word] as const)} />
        {isPerson() && <ClientChoice clients={clients.items} />}
        <ByRequestId />
      </Filters>
      <Card>
        {refusals.items.length > 0 && (toOwnRefusals(refusals).next !== null || after) && (
          <p class="soft small">
            The counts are of this page; <Link to="/usage">Usage</Link> has the totals.
          </p>
        )}
        <Table
          of={{ items: groupSame(toOwnRefusals(refusals).items), next: toOwnRefusals(refusals).next }}
          keyOf={([{ requestId, at }]: SameRefusals) => `${requestId} ${at}`}
          label="Refused requests, alike ones together, the latest first"
          empty={
            toOwnRefusals(refusals).next === null ? (
              <Empty title="No request was refused in this time">Refusals are kept for 30 days, and listed here seconds later.</Empty>
            ) : (
              // The server reads only so many of other organizations at once.
              <Empty title="None of the latest is yours">The next page has those before.</Empty>
            )
          }
        >
          <Column
            title="Reason"
            main
            cell={([{ code, partnerId, reportOnly, fixedBy }]: SameRefusals) => (
              <>
                {titleOfRefusal(code)}
                {partnerId !== null && (
                  <>
                    : <code title={partnerId}>{cutInMiddle(partnerId)}</code>
                  </>
                )}
                {reportOnly && <span class="soft"> let through for now</span>}
                {fixers[fixedBy] && <div class="soft">{fixers[fixedBy]} can change it</div>}
              </>
            )}
          />
          <Column title="Request" cell={([one]: SameRefusals) => <Asked {...one} />} />
          <Column title="When" number cell={(same: SameRefusals) => <When same={same} />} />
          <Column
            title="Explanation"
            cell={([{ requestId, code }]: SameRefusals) => (
              <Link to={pathTo('refusals', requestId)} aria-label={`Why was ${requestId} refused with ${code}?`}>
                Why?
              </Link>
            )}
          />
        </Table>
      </Card>
    </Page>
  ),
})

/** For the one whose id is in a log. */
function ByRequestId(): VNode {
  const { route } = useLocation()
  const explain = (event: SubmitEvent) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    // A problem has it in its "instance", too.
    route(hrefOf(pathTo('refusals', String(fields.get('request')).trim().replace('urn:request:', ''))))
  }
  return (
    <form class="row filters" onSubmit={explain}>
      <TextField
        name="request"
        label="Request id"
        autocomplete="off"
        maxLength={128}
        // Not a secret or a token: it would stand in the address.
        pattern="\s*(urn:request:)?(?!csk_|eyJ)[\w.\-]+\s*"
        expected="Paste it as the header X-Request-Id has it."
      />
      <button type="submit">Explain</button>
    </form>
  )
}

function When({ same }: { readonly same: SameRefusals }) {
  const [{ at }] = same
  if (same.length === 1) return <Time at={at} />
  return (
    <details>
      <summary class="nowrap">
        {same.length} ×, last <Time at={at} />
      </summary>
      <ul class="row tags times">
        {same.map((one) => (
          <li key={`${one.requestId} ${one.at}`}>
            <Link to={pathTo('refusals', one.requestId)}>
              <Time at={one.at} />
            </Link>
          </li>
        ))}
      </ul>
    </details>
  )
}

function Asked({ method, route, api }: Pick<OwnRefusal, 'method' | 'route' | 'api'>) {
  return (
    <>
      {route !== null && (
        <div class="mono">
          <Name>{`${method ?? ''} ${route}`.trim()}</Name>
        </div>
      )}
      <span class="soft">at {api === null ? 'the token endpoint' : <Name>{api}</Name>}</span>
    </>
  )
}
