import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import type { OperationInput, OperationOutput } from '@countersign/admin'
import { eventKinds } from '@countersign/admin/event-words'
import { call } from '../../shared/call.ts'
import { now } from '../../shared/clock.ts'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Choice, Filters, SearchField } from '../../shared/components/filters.tsx'
import { InstantField } from '../../shared/components/instant-field.tsx'
import { Pager } from '../../shared/components/table.tsx'
import { useHeld } from '../../shared/hold.ts'
import { Link, useQueryMembers } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { may } from '../../shared/session.ts'
import {
  describeNone,
  isFiltered,
  isUuid,
  maxPerPage,
  noFilters,
  spans,
  tabs,
  toAuditQuery,
  type AuditPlace,
} from '../parts/audit-question.ts'
import { EventList } from '../parts/event-list.tsx'
import { eventsAsCsv, eventsAsLines } from '../parts/export-formats.ts'
import { ExportList } from '../parts/export-list.tsx'

type Query = NonNullable<OperationInput<'audit.search'>['query']>

interface AuditProps extends Place {
  readonly events: OperationOutput<'audit.search'>
  readonly realms: OperationOutput<'realms.list'> | undefined
}

export const page = definePage({
  path: '/audit',
  title: 'Audit log',
  needs: 'audit:read',
  query: { ...noFilters, organization: '' },
  data: (place) => ({
    events: read('audit.search', { params: {}, query: questionOf(place) }),
    realms: read('realms.list', { params: {} }, { every: 300_000, when: may('organizations:read') }),
  }),
  view: (props) => <AuditLog {...props} />,
})

/** The audit log knows organizations by id; `organization` has that of the short name in `about`: "acme.b1d7…". */
type Place = AuditPlace & { readonly organization: string }

function questionOf(place: Place): Query {
  const [slug, id] = place.organization.split('.')
  return toAuditQuery(place, now(), isUuid(place.about) ? place.about : slug === place.about ? id : undefined) as Query
}

function AuditLog({ events, realms, ...place }: AuditProps): VNode {
  const { shown, newer, showNewer } = useHeld(events, JSON.stringify(place))
  useOrganizationOf(place)
  const names = realms?.items.map(({ name }) => name) ?? []
  const isAmongChanges = place.tab === ''
  return (
    <Page title="Audit log">
      <Tabs tab={place.tab} />
      <Filters>
        <Choice name="since" label="When" choices={spans} />
        {place.since === 'between' && (
          <>
            <InstantField name="from" label="From" />
            <InstantField name="to" label="To" />
          </>
        )}
        {isAmongChanges && <SearchField name="who" label="Who (client id or person)" />}
        <SearchField name="about" label="About (client or organization)" />
        <details open={[place.kind, place.request, place.realm].some(Boolean)}>
          <summary>More filters</summary>
          <div class="row filters">
            {place.tab !== 'tokens' && <Choice name="kind" label="Kind" choices={kindsOf(place.tab)} />}
            <SearchField name="request" label="Request id" />
            {names.length > 1 && (
              <Choice name="realm" label="Realm" choices={[['', 'all realms'], ...names.map((name) => [name, name] as const)]} />
            )}
          </div>
        </details>
      </Filters>
      <Card
        title={tabs.find(([value]) => value === place.tab)?.[1] ?? 'Events'}
        beside={
          newer > 0 && place.after === '' ? (
            <button type="button" onClick={showNewer}>
              {newer >= maxPerPage ? `${maxPerPage} or more` : newer} newer
            </button>
          ) : undefined
        }
      >
        {shown.items.length === 0 ? (
          <NoEvents place={place} hasMore={shown.next !== null} />
        ) : (
          <EventList events={shown.items} label="Events, newest first" canOpen withRealm={place.realm === ''} />
        )}
        <Pager next={shown.next} />
      </Card>
      <ExportList
        operation="audit.search"
        input={{ params: {}, query: withoutPage(questionOf(place)) }}
        perCall={1000}
        noun="event"
        file="audit"
        formats={[eventsAsCsv, eventsAsLines]}
        command="countersign audit export"
      />
      <HowToVerify />
    </Page>
  )
}

const ofRequests: ReadonlySet<string> = new Set(['request', 'token.request', 'token.introspection', 'spool.damaged'])

function kindsOf(tab: string): readonly (readonly [string, string])[] {
  const kinds = eventKinds.filter((kind) => tab !== '' || !(ofRequests.has(kind) || kind.startsWith('session.')))
  return [['', 'all kinds'], ...kinds.map((kind) => [kind, kind] as const)]
}

function withoutPage({ after: _after, limit: _limit, ...query }: Query): Partial<Query> {
  return query
}

function Tabs({ tab }: { readonly tab: string }): VNode {
  const change = useQueryMembers()
  return (
    <div class="row tabs" role="group" aria-label="Which events">
      {tabs.map(([value, name]) => (
        <button
          key={value}
          type="button"
          aria-pressed={tab === value}
          onClick={() => change({ tab: value, kind: undefined, who: undefined })}
        >
          {name}
        </button>
      ))}
    </div>
  )
}

function NoEvents({ place, hasMore }: { readonly place: AuditPlace; readonly hasMore: boolean }): VNode {
  if (hasMore) return <Empty title="None among the events that were searched so far">The next page goes on where this one stopped.</Empty>
  return (
    <Empty title={describeNone(place)}>
      {isFiltered(place) ? (
        <Link to={place.tab === '' ? '/audit' : `/audit?tab=${place.tab}`}>Clear the filters</Link>
      ) : (
        'Every change, every issued token and every refusal is recorded here.'
      )}
    </Empty>
  )
}

/** A short name of an organization is looked up in the realm that is chosen, or in each. */
function useOrganizationOf({ about, realm, organization }: Place): void {
  const change = useQueryMembers()
  useEffect(() => {
    let isAsked = true
    if (about !== '' && !isUuid(about) && !organization.startsWith(`${about}.`) && may('organizations:read'))
      void findOrganization(about, realm).then((id) => isAsked && id !== undefined && change({ organization: `${about}.${id}` }))
    return () => {
      isAsked = false
    }
  }, [about, realm])
}

async function findOrganization(slug: string, realm: string): Promise<string | undefined> {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(slug)) return undefined
  const realms = realm === '' ? (await call('realms.list', { params: {} })).items.map(({ name }) => name) : [realm]
  const found = await Promise.all(
    realms.map((name) => call('find', { params: { realm: name }, query: { q: slug } }).catch(() => undefined)),
  )
  const organization = found.flatMap((answer) => answer?.items ?? []).find(({ kind, id }) => kind === 'organization' && id === slug)
  return organization?.where
}

function HowToVerify(): VNode {
  return (
    <details>
      <summary>Is the log complete and unaltered?</summary>
      <div class="text grid">
        <p>
          Every event has a code that only a server with the audit key can make, and is sealed together with those before it. A command on
          the machine of the server checks the log in the store itself:
        </p>
        <pre tabIndex={0}>countersign audit verify --config countersign.yaml</pre>
        <p>
          It finds events that were altered, moved, inserted or removed. Copies of the anchors at another place, given with{' '}
          <code>--anchor</code>, also show whether the newest events were cut off.
        </p>
      </div>
    </details>
  )
}
