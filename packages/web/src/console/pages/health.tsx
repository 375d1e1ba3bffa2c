import type { VNode } from 'preact'
import { Card, Empty, Figure } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { number } from '../../shared/count.ts'
import { Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'
import { HealthNodes } from '../parts/health-nodes.tsx'
import { describeBytes, nameOfCheck, stateOfKey, type Health, type HealthWarning } from '../parts/health-words.ts'

type Key = Health['signingKeys'][number]

export const page = definePage({
  path: '/health',
  title: 'Health',
  needs: 'audit:read',
  data: () => ({ health: read('health.get', { params: {} }, { every: 10_000 }) }),
  view: ({ health }) => (
    <Page title="Health">
      <Card title="Needs attention" beside={health.warnings.length > 0 && <span class="soft small">{health.warnings.length}</span>}>
        {health.warnings.length === 0 ? (
          <Empty title="Nothing needs attention">
            Every node is well. Wrong clocks, an unreachable database, keys not replaced and audit events that wait would be listed here,
            each with what to do.
          </Empty>
        ) : (
          <Warnings warnings={health.warnings} />
        )}
      </Card>
      <Figures health={health} />
      <Card title="Nodes">
        <HealthNodes health={health} />
      </Card>
      <Card
        title="Keys that sign"
        beside={health.moreSigningKeys > 0 && <span class="soft small">and {number(health.moreSigningKeys)} more</span>}
      >
        <Keys keys={health.signingKeys} />
      </Card>
    </Page>
  ),
})

function Warnings({ warnings }: { readonly warnings: readonly HealthWarning[] }): VNode {
  return (
    <ul class="todo">
      {warnings.map(({ kind, severity, node, fact, remedy, command }) => (
        <li key={`${kind} ${node} ${fact}`}>
          <Chip tone={severity}>{nameOfCheck(kind)}</Chip>
          <span>
            <Name>{fact}</Name>
            {node !== null && (
              <span class="soft small">
                {' '}
                Node <code>{node}</code>.
              </span>
            )}
            <br />
            <span class="soft">{remedy}</span>
            {command !== null && (
              <>
                <br />
                <Copyable text={command} shown={command} name="command" />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  )
}

function Figures({ health: { nodes, database, signingKeys, moreSigningKeys } }: { readonly health: Health }): VNode {
  const { kind, version, sizeBytes, revision, migration } = database
  const ready = nodes.filter((node) => node.ready).length
  const all = signingKeys.length + moreSigningKeys
  const bare = signingKeys.filter(({ reserves }) => reserves === 0).length
  return (
    <div class="grid four">
      <Figure value={`${ready} of ${nodes.length}`}>{nodes.length === 1 ? 'node is ready' : 'nodes are ready'}</Figure>
      <Figure value={describeBytes(sizeBytes)}>
        in {kind === 'postgres' ? 'PostgreSQL' : 'SQLite'} <Name>{version}</Name>, schema {migration}
      </Figure>
      <Figure value={number(revision)}>changes so far</Figure>
      <Figure value={number(all)}>
        {all === 1 ? 'key signs' : 'keys sign'}
        {bare > 0 && `, ${number(bare)} without a reserve`}
      </Figure>
    </div>
  )
}

function Keys({ keys }: { readonly keys: readonly Key[] }): VNode {
  return (
    <Table
      of={{ items: keys }}
      keyOf={({ realm, algorithm }: Key) => `${realm} ${algorithm}`}
      label="Keys that sign"
      empty={<Empty title="No key signs yet">The server makes the first one of a realm when a token is asked for.</Empty>}
    >
      <Column title="Realm" main cell={({ realm }: Key) => <Link to={pathTo(realm, 'keys')}>{realm}</Link>} />
      <Column
        title="State"
        cell={(key: Key) => {
          const [tone, word] = stateOfKey(key)
          return <Chip tone={tone}>{word}</Chip>
        }}
      />
      <Column title="Algorithm" cell={({ algorithm }: Key) => <code>{algorithm}</code>} />
      <Column title="Key" cell={({ keyId }: Key) => <Copyable text={keyId} name="key id" />} />
      <Column title="Since" cell={({ activatedAt }: Key) => <Time at={activatedAt} />} />
      <Column title="In reserve" number cell={({ reserves }: Key) => number(reserves)} />
    </Table>
  )
}
