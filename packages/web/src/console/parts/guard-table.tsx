// Processes of guards, one a row.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Chip, type Tone } from '../../shared/components/chip.tsx'
import { Empty } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf, number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { describeLag, type Guard } from './guard-advice.ts'

const states: Readonly<Record<Guard['state'], readonly [tone: Tone, word: string]>> = {
  connected: ['ok', 'up to date'],
  late: ['warn', 'report is late'],
  'cut-off': ['bad', 'gets no changes'],
  'not-seen': ['off', 'not seen'],
  blocked: ['bad', 'its client is barred'],
}

export function GuardTable({ guards, realm }: { readonly guards: OperationOutput<'guards.list'>; readonly realm: string }): VNode {
  return (
    <Table of={guards} keyOf={({ reporter, guard }: Guard) => `${reporter} ${guard}`} label="Guards" empty={<NoGuards />}>
      <Column title="API" main cell={(guard: Guard) => <NamedGuard guard={guard} realm={realm} />} />
      <Column title="State" cell={({ state }: Guard) => <Chip tone={states[state][0]}>{states[state][1]}</Chip>} />
      <Column title="Version" cell={({ version }: Guard) => version ?? <span class="soft">earlier</span>} />
      <Column title="Last report" cell={({ seenAt }: Guard) => <Time at={seenAt} />} />
      <Column title="Behind" number cell={(guard: Guard) => <Behind guard={guard} />} />
      <Column title="Refused, 1 h" number cell={({ refusedLastHour }: Guard) => number(refusedLastHour)} />
      <Column title="Routes" number cell={(guard: Guard) => <Routes guard={guard} />} />
      <Column title="Not reported" number cell={({ lost }: Guard) => number(lost.refusals + lost.counts)} />
    </Table>
  )
}

function NoGuards(): VNode {
  return (
    <Empty title="No guard has reported in the last 7 days">
      A guard lets requests into your API. It is listed here when it reports, which it does once its client has the scope{' '}
      <code>decisions:write</code>.
    </Empty>
  )
}

function NamedGuard({ guard: { api, guard, reporter }, realm }: { readonly guard: Guard; readonly realm: string }): VNode {
  return (
    <>
      {api === null ? (
        <span class="soft">without a name</span>
      ) : (
        <Link to={`${pathTo(realm, 'refusals')}?source=guard&api=${encodeURIComponent(api)}`}>
          <Name>{api}</Name>
        </Link>
      )}{' '}
      <code class="soft">{guard}</code>
      <br />
      <span class="small">
        by the client{' '}
        <Link to={pathTo(realm, 'clients', reporter)}>
          <Name>{reporter}</Name>
        </Link>
      </span>
    </>
  )
}

/** A connected guard learns of changes between its reports, so only its lag counts. */
function Behind({ guard: { lagSeconds, revisionsBehind } }: { readonly guard: Guard }): VNode {
  return (
    <>
      {describeLag(lagSeconds)}
      {revisionsBehind !== null && revisionsBehind > 0 && <span class="soft"> ({countOf(revisionsBehind, 'change')})</span>}
    </>
  )
}

function Routes({ guard: { routes, reportOnlyRoutes, reportOnlyUntil } }: { readonly guard: Guard }): VNode {
  return (
    <>
      {number(routes)}
      {reportOnlyRoutes > 0 && <span class="soft"> ({number(reportOnlyRoutes)} only report)</span>}
      {reportOnlyUntil !== null && (
        <span class="soft">
          {' '}
          only reports until <Time at={reportOnlyUntil} />
        </span>
      )}
    </>
  )
}
