// countersign health: the nodes of the server, its database and keys, and what is to be done.
import type { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { addOperation } from './operator-command.ts'
import type { SessionOptions } from './operator-session.ts'
import { formatFacts, formatTable } from './output.ts'

type Health = OperationOutput<'health.get'>
type HealthyNode = Health['nodes'][number]

export function addHealth(program: Command): void {
  addOperation(program, {
    usage: 'health',
    operation: 'health.get',
    example: 'health',
    options: (command) => command,
    input: (_options: SessionOptions) => ({ params: {} }),
    text: describeHealth,
  })
}

export function describeHealth({ state, warnings, nodes, database, signingKeys, moreSigningKeys }: Health): string {
  const { kind, version, migration, sizeBytes, revision } = database
  const [oldest] = signingKeys.toSorted((a, b) => (a.activatedAt < b.activatedAt ? -1 : 1))
  const facts = [
    ['database', `${kind === 'postgres' ? 'PostgreSQL' : 'SQLite'} ${version}, ${describeBytes(sizeBytes)}`],
    ['schema', `${migration}, at change ${revision}`],
    [
      'signing keys',
      `${signingKeys.length + moreSigningKeys} that sign${oldest ? `, the oldest since ${oldest.activatedAt} (${oldest.realm})` : ''}`,
    ],
  ] as const
  const found = warnings.map(({ severity, kind: check, node, fact, remedy, command }) =>
    [`${severity.toUpperCase()}  ${check}${node === null ? '' : `, node ${node}`}`, fact, remedy, command]
      .filter((line) => line !== null)
      .join('\n  '),
  )
  return [describeState(state, warnings.length), ...found, formatNodes(nodes), formatFacts(facts)].join('\n\n')
}

function describeState(state: Health['state'], count: number): string {
  if (state === 'ok') return 'Nothing needs attention.'
  return count === 1 ? '1 thing needs attention:' : `${count} things need attention:`
}

function formatNodes(nodes: readonly HealthyNode[]): string {
  const columns: Readonly<Record<string, (node: HealthyNode) => string>> = {
    NODE: ({ node, answering }) => (answering ? `${node} (this one)` : node),
    MACHINE: ({ host }) => host ?? '',
    VERSION: ({ version }) => version ?? 'earlier',
    READY: ({ ready }) => (ready === null ? 'not known' : ready ? 'yes' : 'no'),
    SEEN: ({ seenAt }) => seenAt,
    STARTED: ({ startedAt }) => startedAt ?? '',
    CLOCK: ({ clockDifferenceSeconds: by }) => (by === null ? '' : `${by > 0 ? '+' : ''}${by.toFixed(3)} s`),
    'READ CHANGES': ({ pullAgeSeconds: age }) => (age === null ? '' : `${age.toFixed(1)} s ago`),
    WAITING: ({ audit }) => (audit ? String(audit.waiting + (audit.spool?.events ?? 0)) : ''),
    SEALED: ({ audit }) => (audit ? `${Math.round(audit.sealAgeSeconds)} s ago` : ''),
  }
  return formatTable(
    Object.keys(columns),
    nodes.map((node) => Object.values(columns).map((cell) => cell(node))),
    { shorten: ['STARTED', 'SEALED', 'WAITING', 'READ CHANGES', 'CLOCK', 'SEEN'] },
  )
}

function describeBytes(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
