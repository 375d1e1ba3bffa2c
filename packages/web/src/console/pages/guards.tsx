import type { VNode } from 'preact'
import { Callout, Card } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { adviseFor, type Advice } from '../parts/guard-advice.ts'
import { summarize } from '../parts/guard-summary.ts'
import { GuardTable } from '../parts/guard-table.tsx'

export const page = definePage({
  path: '/:realm/guards',
  title: 'Guards',
  needs: 'audit:read',
  query: { after: '' },
  data: ({ realm, after }) => ({
    guards: read('guards.list', { params: { realm }, query: { limit: 100, ...(after && { after }) } }, { every: 10_000 }),
  }),
  view: ({ guards, realm }) => (
    <Page title="Guards" name={`Guards of ${realm}`}>
      {guards.items.length > 0 && <p class="soft text">{summarize(guards.items).join(' ')}</p>}
      {adviseFor(guards.items).map((advice) => (
        <Advised key={advice.key} advice={advice} realm={realm} />
      ))}
      <Card>
        <GuardTable guards={guards} realm={realm} />
      </Card>
    </Page>
  ),
})

function Advised({ advice, realm }: { readonly advice: Advice; readonly realm: string }): VNode {
  const { tone, api, reporter, fact, remedy, command, seenAt } = advice
  return (
    <Callout tone={tone}>
      <p>
        <b>{api === null ? 'An API without a name' : <Name>{api}</Name>}</b>, by the client{' '}
        <Link to={pathTo(realm, 'clients', reporter)}>
          <Name>{reporter}</Name>
        </Link>
        , last seen <Time at={seenAt} />. {fact}
      </p>
      <p>
        {remedy} {command !== null && <Copyable text={command} shown={command} name="command" />}
      </p>
    </Callout>
  )
}
