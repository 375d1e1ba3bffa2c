import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Callout, Card } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf, number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { adviseFor, versionsOf, type Advice } from '../parts/guard-advice.ts'
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
      {guards.items.length > 0 && <Summary guards={guards.items} />}
      {adviseFor(guards.items).map((advice) => (
        <Advised key={advice.key} advice={advice} realm={realm} />
      ))}
      <Card>
        <GuardTable guards={guards} realm={realm} />
      </Card>
    </Page>
  ),
})

type Guards = OperationOutput<'guards.list'>['items']

function Summary({ guards }: { readonly guards: Guards }): VNode {
  const connected = guards.filter(({ state }) => state === 'connected').length
  const apis = new Set(guards.map(({ api, reporter }) => JSON.stringify([api, reporter]))).size
  const reporting = guards.filter(({ reportOnlyUntil, reportOnlyRoutes }) => reportOnlyUntil !== null || reportOnlyRoutes > 0).length
  const versions = versionsOf(guards)
  return (
    <p class="soft text">
      {number(connected)} of {countOf(guards.length, 'process', 'processes')} of {countOf(apis, 'API')} {connected === 1 ? 'knows' : 'know'}{' '}
      what changes.
      {versions.length > 1 && ` Versions: ${versions.map(([version, count]) => `${version} (${number(count)})`).join(', ')}.`}
      {reporting > 0 &&
        ` ${countOf(reporting, 'process', 'processes')} only report${reporting === 1 ? 's' : ''} what would be refused, and let${reporting === 1 ? 's' : ''} it pass.`}
    </p>
  )
}

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
