import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Callout, Card, Empty } from '../../shared/components/card.tsx'
import { Chip, type Tone } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'

type Guard = OperationOutput<'guards.list'>['items'][number]

export const page = definePage({
  path: '/:realm/guards',
  title: 'Guards',
  needs: 'audit:read',
  query: { after: '' },
  data: ({ realm, after }) => ({
    guards: read('guards.list', { params: { realm }, query: after ? { after } : {} }, { every: 10_000 }),
  }),
  view: ({ guards, realm }) => (
    <Page title="Guards">
      <Unsound guards={guards.items} />
      <Card>
        <Table
          of={guards}
          keyOf={({ reporter, guard }: Guard) => `${reporter} ${guard}`}
          label="Guards"
          empty={
            <Empty title="No guard has reported in the last 7 days">
              A guard lets requests into your API. It is listed here when it reports, which it does once its client has the scope{' '}
              <code>decisions:write</code>.
            </Empty>
          }
        >
          <Column
            title="API"
            main
            cell={({ api, guard }: Guard) => (
              <>
                {api === null ? <span class="soft">without a name</span> : <Name>{api}</Name>} <code class="soft">{guard}</code>
              </>
            )}
          />
          <Column title="State" cell={({ state }: Guard) => <Chip tone={states[state][0]}>{states[state][1]}</Chip>} />
          <Column
            title="Its client"
            cell={({ reporter }: Guard) => (
              <Link to={pathTo(realm, 'clients', reporter)}>
                <Name>{reporter}</Name>
              </Link>
            )}
          />
          <Column title="Last report" cell={({ seenAt }: Guard) => <Time at={seenAt} />} />
          <Column
            title="Behind"
            number
            cell={({ revisionsBehind }: Guard) => (revisionsBehind === null ? '–' : `${number(revisionsBehind)} changes`)}
          />
          <Column title="Routes" number cell={(guard: Guard) => <RoutesOf guard={guard} />} />
          <Column title="Could not report" number cell={({ lost }: Guard) => number(lost.refusals + lost.counts)} />
        </Table>
      </Card>
    </Page>
  ),
})

const states: Readonly<Record<Guard['state'], readonly [tone: Tone, word: string]>> = {
  connected: ['ok', 'knows what changes'],
  late: ['warn', 'report is late'],
  'cut-off': ['bad', 'learns of no changes'],
  'not-seen': ['off', 'not seen'],
  blocked: ['bad', 'its client is barred'],
}

function RoutesOf({ guard: { routes, reportOnlyRoutes } }: { readonly guard: Guard }): VNode {
  return (
    <>
      {number(routes)}
      {reportOnlyRoutes > 0 && <span class="soft"> ({number(reportOnlyRoutes)} only report)</span>}
    </>
  )
}

const reasons = {
  'scope-missing': 'lacks the scope decisions:write',
  'client-disabled': 'is disabled',
  'service-account-off': 'has its service account off',
  'organization-suspended': 'belongs to a suspended organization',
  'client-deleted': 'was deleted',
} as const

/** Clients of guards that cannot report now, each with the command that repairs it. */
function Unsound({ guards }: { readonly guards: readonly Guard[] }): VNode | null {
  const barred = new Map(guards.flatMap(({ reporter, cannotReport }) => (cannotReport ? [[reporter, cannotReport] as const] : [])))
  if (barred.size === 0) return null
  return (
    <Callout tone="warn">
      {[...barred].map(([reporter, { reason, command }]) => (
        <p key={reporter}>
          The client <Name>{reporter}</Name> of a guard {reasons[reason]}, so it cannot report.{' '}
          {command !== null && (
            <>
              The command that repairs it: <Copyable text={command} shown={command} name="command" />
            </>
          )}
        </p>
      ))}
    </Callout>
  )
}
