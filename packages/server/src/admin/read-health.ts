// The health of all nodes: this one as it is now, the others as they have said last. Each check is made where it belongs; here it gets its
// next step.
import { nodeReport, type NodeReport, type OperationOutput } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import type { AnchorKeeper } from '../audit/seals/keep-anchor.ts'
import { describeCut } from '../audit/seals/compare-anchors.ts'
import type { NodeReports } from '../monitoring/node-report.ts'
import { isRunningMs } from '../store/node-clocks.ts'
import type { NodeIdentity, StoredReport } from '../store/node-reports.ts'
import type { Store } from '../store/store.ts'
import { remedyOf } from './health-remedies.ts'

export interface HealthSources {
  readonly store: Pick<Store, 'db' | 'isShared'>
  readonly nodeReports: NodeReports
  readonly anchors: Pick<AnchorKeeper, 'compare'>
}

type Health = OperationOutput<'health.get'>
type Warning = Health['warnings'][number]
type HealthyNode = Health['nodes'][number]

/** A node as it is told, with its report if one could be read. */
export interface KnownNode {
  readonly node: string
  readonly identity: Omit<NodeIdentity, 'node'> | undefined
  readonly report: NodeReport | undefined
  readonly answering: boolean
  readonly seenAt: number
  readonly silentMs: number
  readonly clockDifferenceSeconds: number | null
}

/** @throws any error of the store */
export async function readNodes({ nodeReports }: Pick<HealthSources, 'nodeReports'>, now: number): Promise<KnownNode[]> {
  const report = nodeReports.report()
  const { node, ...identity } = nodeReports.self
  const { clockDifferenceSeconds } = report
  const self = { node, identity, report, answering: true, seenAt: now, silentMs: 0, clockDifferenceSeconds }
  return [self, ...(await nodeReports.readOthers()).map(toKnown)]
}

function toKnown({ node, said, seenAt, silentMs, clockDifferenceMs }: StoredReport): KnownNode {
  const parsed = said && parseReport(said.report)
  const measured = clockDifferenceMs === undefined ? parsed?.clockDifferenceSeconds : clockDifferenceMs / 1000
  return { node, identity: said, report: parsed, answering: false, seenAt, silentMs, clockDifferenceSeconds: measured ?? null }
}

/** Of a node of another version, or a row that was altered: then nothing is known of it. */
function parseReport(text: string): NodeReport | undefined {
  try {
    return nodeReport.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function isSilent({ silentMs }: KnownNode): boolean {
  return silentMs > 2 * isRunningMs
}

export function describeNode(known: KnownNode): HealthyNode {
  const { node, answering, identity, report, seenAt, silentMs, clockDifferenceSeconds } = known
  return {
    node,
    answering,
    host: identity?.host ?? null,
    version: identity?.version ?? null,
    startedAt: identity ? toInstant(identity.startedAt) : null,
    seenAt: toInstant(seenAt),
    seenSecondsAgo: Math.floor(silentMs / 1000),
    ready: report && !isSilent(known) ? Object.keys(report.reasons).length === 0 : null,
    clockDifferenceSeconds,
    pullAgeSeconds: report?.pullAgeSeconds ?? null,
    eventLoopLagSeconds: report?.eventLoopLagSeconds ?? null,
    audit: report?.audit ?? null,
  }
}

export function warningsOf(nodes: readonly KnownNode[]): Warning[] {
  const own = nodes.find(({ answering }) => answering)?.identity?.version
  return nodes.flatMap((known) => [...ofReport(known), ...ofNode(known, own)])
}

function ofReport(known: KnownNode): Warning[] {
  const { node, report } = known
  if (!report || isSilent(known)) return []
  const toWarning =
    (severity: Warning['severity']) =>
    ([kind, text]: [string, string]): Warning => ({ kind, severity, node, fact: sentence(text), ...remedyOf(kind, text) })
  const damaged: Warning[] =
    report.damagedReads === 0
      ? []
      : [
          {
            kind: 'damaged-rows',
            severity: 'bad',
            node,
            fact: `A row of the store could not be read, ${report.damagedReads} times since the node started. Requests that need it get 503.`,
            remedy: 'The log of the node names the row ("unreadable row"). Setting its member again repairs it.',
            command: null,
          },
        ]
  return [
    ...Object.entries(report.reasons).map(toWarning('bad')),
    ...Object.entries(report.warnings)
      .filter(([kind]) => report.reasons[kind] === undefined)
      .map(toWarning('warn')),
    ...damaged,
  ]
}

function ofNode(known: KnownNode, ownVersion: string | undefined): Warning[] {
  const { node, identity, silentMs } = known
  const name = identity ? `The node ${node} on ${identity.host}` : `The node ${node}`
  if (isSilent(known))
    return [
      {
        kind: 'node-silent',
        severity: 'warn',
        node,
        fact: `${name} has said nothing for ${Math.round(silentMs / 1000)} s.`,
        remedy:
          'Start it again, or see why it does not reach the database. If it was stopped for good, there is nothing to do: it is left out after 15 minutes.',
        command: null,
      },
    ]
  if (ownVersion === undefined || identity?.version === ownVersion) return []
  return [
    {
      kind: 'node-of-other-version',
      severity: 'warn',
      node,
      fact: identity
        ? `${name} is of version ${identity.version}, this one of ${ownVersion}.`
        : `${name} is of an earlier version than ${ownVersion}.`,
      remedy: 'Go on with the upgrade until all nodes have one version.',
      command: null,
    },
  ]
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}

/** Anchors whose seals are gone: the end of the log was cut off. */
export async function findCuts({ anchors }: Pick<HealthSources, 'anchors'>): Promise<Warning[]> {
  const { cut } = await anchors.compare()
  return cut.map((anchor) => ({
    kind: 'audit-cut',
    severity: 'bad',
    node: null,
    fact: describeCut(anchor),
    remedy: 'Do not change the store or the anchor. Check the log from a shell; after a restore or a failover, record that first.',
    command: 'countersign audit verify --config countersign.yaml',
  }))
}
