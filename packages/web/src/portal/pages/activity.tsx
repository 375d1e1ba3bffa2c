import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import type { EventWord } from '@countersign/admin/event-words'
import { spellOutInvisible } from '@countersign/admin/visible-text'
import { Card, Empty } from '../../shared/components/card.tsx'
import { cutInMiddle } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { describeActivity } from '../activity-words.ts'
import { isPerson, own } from '../own.ts'

type Activity = OperationOutput<'activity.list'>['items'][number]

export const page = definePage({
  path: '/activity',
  title: 'Activity',
  query: { after: '' },
  data: ({ after }) => ({ activity: read('activity.list', { params: own(), query: { limit: 50, ...(after && { after }) } }) }),
  view: ({ activity, after }) => (
    <Page title="Activity">
      <p class="soft text">What was changed about your organization, by you or by the provider. Tokens and calls are under Usage.</p>
      <Card>
        <Table
          of={activity}
          keyOf={({ at, kind, by, client = '' }: Activity) => `${at} ${kind} ${by} ${client}`}
          label="Changes, the latest first"
          empty={
            after || activity.next ? (
              <Empty title="None on this page">There may be more on the next one.</Empty>
            ) : (
              <Empty title="Nothing was changed yet">Changes are listed here as they are made.</Empty>
            )
          }
        >
          <Column title="Change" main cell={(one: Activity) => <What activity={one} />} />
          <Column title="When" number cell={({ at }: Activity) => <Time at={at} />} />
        </Table>
      </Card>
    </Page>
  ),
})

function What({ activity }: { readonly activity: Activity }): VNode {
  return (
    <>
      <Who activity={activity} />{' '}
      {describeActivity(activity, own()).map((word, index) => (
        <Word key={index} word={word} />
      ))}
    </>
  )
}

/** What the provider has, and why, is not told. */
function Who({ activity: { by, name } }: { readonly activity: Activity }): VNode {
  if (by === 'provider') return <>The provider</>
  if (by === 'you') return <>{isPerson() ? 'You' : 'This client'}</>
  if (name !== undefined) return <Name>{name}</Name>
  return <>{by === 'client' ? 'A client' : 'A colleague who was removed'}</>
}

function Word({ word }: { readonly word: EventWord }): VNode {
  if (typeof word === 'string') return <>{spellOutInvisible(word)}</>
  const { what, text } = word
  if (what === 'instant') return <Time at={text} />
  if (what === 'organization') return <>your organization</>
  if (what === 'client')
    return (
      <Link to={pathTo('clients', text)}>
        <Name>{text}</Name>
      </Link>
    )
  if (what === 'name') return <Name>{text}</Name>
  return (
    <code title={what === 'partner' ? text : undefined}>
      <Name>{what === 'partner' ? cutInMiddle(text) : text}</Name>
    </code>
  )
}
