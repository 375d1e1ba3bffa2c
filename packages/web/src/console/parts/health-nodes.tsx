// The nodes of the server, one a row.
import type { VNode } from 'preact'
import { Chip } from '../../shared/components/chip.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { describeAudit, describeClock, describeLag, stateOfNode, type Health, type HealthyNode } from './health-words.ts'

export function HealthNodes({ health: { nodes, warnings } }: { readonly health: Health }): VNode {
  const warningsOf = ({ node }: HealthyNode) => warnings.filter((one) => one.node === node).length
  return (
    <Table of={{ items: nodes }} keyOf={({ node }: HealthyNode) => node} label="Nodes">
      <Column
        title="Node"
        main
        cell={({ node, answering, host }: HealthyNode) => (
          <>
            <code>{node}</code>
            {answering && <span class="soft"> answers here</span>}
            {host !== null && (
              <span class="small soft">
                <br />
                <Name>{host}</Name>
              </span>
            )}
          </>
        )}
      />
      <Column
        title="State"
        cell={(node: HealthyNode) => {
          const [tone, word] = stateOfNode(node, warningsOf(node))
          return <Chip tone={tone}>{word}</Chip>
        }}
      />
      <Column title="Version" cell={({ version }: HealthyNode) => version ?? <span class="soft">earlier</span>} />
      <Column title="Last seen" cell={({ seenAt }: HealthyNode) => <Time at={seenAt} />} />
      <Column title="Started" cell={({ startedAt }: HealthyNode) => <Time at={startedAt} none="not known" />} />
      <Column title="Its clock" cell={({ clockDifferenceSeconds }: HealthyNode) => describeClock(clockDifferenceSeconds)} />
      <Column title="Read changes" cell={({ pullAgeSeconds }: HealthyNode) => describeLag(pullAgeSeconds)} />
      <Column title="Audit events" cell={(node: HealthyNode) => describeAudit(node)} />
      <Column title="Sealed" cell={({ audit }: HealthyNode) => describeLag(audit?.sealAgeSeconds ?? null)} />
    </Table>
  )
}
