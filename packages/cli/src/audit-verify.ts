// countersign audit verify: checks in the store itself, without a server, that the audit log is as the servers wrote it.
import type { Command } from 'commander'
import type { RecordedFailover, RecordedRemoval, StoreVerdict } from '@countersign/server'
import { BadFinding, formatFacts, printResult } from './output.ts'

export function addVerify(audit: Command): void {
  audit
    .command('verify')
    .description('Check that no audit event was altered, removed, inserted or moved; exits with 6 if one was')
    .requiredOption('--config <file>', 'configuration file of the server; it names the store, the audit key and the pepper')
    .option('--anchor <path...>', 'copies of anchors, for example of other machines: files or folders', [])
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Reads the store directly; servers can keep running. An attacker with write access to the store could remove the newest events
without a trace in the store. Anchors detect that: each server keeps its last seal in a small file "anchor-…", in the folder
"auditSpool" or, with SQLite, beside the store. Anchors of this machine are compared automatically. Copy the anchors of all
machines to another place and pass the copies with --anchor. An attacker who also has the audit key can rewrite the log undetected:
keep exports in another place, too. After a failover of PostgreSQL to a standby that missed changes, see "audit record-failover".

Examples:
  countersign audit verify --config countersign.yaml
  countersign audit verify --config countersign.yaml --anchor /mnt/kept/node1 --anchor /mnt/kept/node2`,
    )
    .action(async ({ config, anchor, json }: { config: string; anchor: readonly string[]; json?: boolean }) => {
      const { inspectStore, loadConfiguration, verifyAuditLog } = await import('@countersign/server')
      const configuration = loadConfiguration(config)
      const onProgress = (events: number) => {
        if (events % 100_000 === 0) console.error(`${events.toLocaleString('en')} events checked`)
      }
      const verdict = await verifyAuditLog(configuration, { copiedAnchors: anchor, onProgress })
      const hasStandby = (await inspectStore(configuration.store)).kind === 'postgres'
      printResult(json, { holds: verdict.fault === undefined, ...verdict }, () => describe(verdict, hasStandby))
      if (verdict.fault) throw new BadFinding(verdict.fault.message)
    })
}

function describe(
  { events, unsealed, unanchored, unprotected, anchors, failovers = [], removedNames = [], damagedSpools = [], fault, event }: StoreVerdict,
  hasStandby: boolean,
): string {
  const counts = formatFacts([
    ['events', String(events)],
    ['not sealed', `${unsealed}${unsealed === 0 ? '' : ': the removal of events after the last seal would not be detected'}`],
    [
      'not anchored',
      `${unanchored}${unanchored === 0 ? '' : ': the removal of the newest of these with their seals would not be detected'}`,
    ],
    ['anchors', describeAnchors(anchors)],
    ...failovers.map((failover) => ['failover', describeFailover(failover)] as const),
    ...removedNames.slice(-maxRemovals).map((removal) => ['names removed', describeRemoval(removal)] as const),
    ...(removedNames.length > maxRemovals
      ? [['', `and ${removedNames.length - maxRemovals} earlier removals; --json lists them`] as const]
      : []),
    ...damagedSpools.map(
      ({ node, file }) => ['damaged spool', `"${file}", of the node ${node}: events in it that cannot be read are not in the log`] as const,
    ),
    ['unprotected', `${unprotected}${unprotected === 0 ? '' : ', from before the log was protected'}`],
  ])
  if (!fault) {
    const exceptions = [
      ...(failovers.length > 0 ? ['for what a failover lost'] : []),
      ...(removedNames.length > 0 ? ['for names that were removed'] : []),
    ]
    const except = exceptions.length === 0 ? '' : `, except ${exceptions.join(' and ')}`
    return `The audit log is as it was written${except}.\n${counts}`
  }
  const where = event ? [`event    ${event.id}`, `at       ${event.at}`, `kind     ${event.kind}`, ''] : []
  return [
    'The audit log is NOT as it was written.',
    fault.message,
    '',
    ...where,
    counts,
    '',
    'Next: preserve this store (countersign backup, or pg_dump), compare it with your last good backup and exports from this',
    'instant on, and find out which accounts could write to the database. Later events may be affected, too: this is the first.',
    ...(hasStandby && ['removed', 'seal', 'anchor'].includes(fault.kind) ? [afterFailover] : []),
  ].join('\n')
}

const afterFailover =
  'After a failover to a standby that missed changes, events are missing without an attack: see "countersign audit record-failover --help".'

function describeFailover({ from, to, lostEvents, lostSeals, recordedAt, recordedBy, reason }: RecordedFailover): string {
  const [start, end, at] = [from, to, recordedAt].map((instant) => new Date(instant).toISOString())
  return `${lostEvents} events and ${lostSeals} seals lost between ${start} and ${end}; recorded at ${at} by ${recordedBy}: ${reason}`
}

/** One is recorded for each two hundred events. */
const maxRemovals = 20

function describeRemoval({ events, removedAt, removedBy, reason }: RecordedRemoval): string {
  return `from ${events} events at ${new Date(removedAt).toISOString()} by ${removedBy}${reason === undefined ? '' : `: ${reason}`}`
}

function describeAnchors({ confirmed, beforeRestore, lost = 0, latestAt }: StoreVerdict['anchors']): string {
  const older = `${beforeRestore === 0 ? '' : `; ${beforeRestore} from before a backup was restored`}${lost === 0 ? '' : `; ${lost} lost by a failover`}`
  return `${confirmed}${latestAt === null ? '' : `, up to ${new Date(latestAt).toISOString()}`}${older}`
}
