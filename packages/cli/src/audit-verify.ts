// countersign audit verify: checks in the store itself, without a server, that the audit log is as the servers wrote it.
import type { Command } from 'commander'
import type { RecordedFailover, RecordedRemoval, StoreVerdict } from '@countersign/server'
import { BadFinding, formatFacts, printResult } from './output.ts'

interface Options {
  readonly config: string
  readonly anchor: readonly string[]
  readonly archive: readonly string[]
  readonly json?: boolean
}

export function addVerify(audit: Command): void {
  audit
    .command('verify')
    .description('Check that no audit event was altered, removed, inserted or moved; exits with 6 if one was')
    .requiredOption('--config <file>', 'configuration file of the server; it names the store, the audit key and the pepper')
    .option('--anchor <path...>', 'copies of anchors, for example of other machines: files or folders', [])
    .option('--archive <path...>', 'archives of removed events: files or folders', [])
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Reads the store directly; servers can keep running. An attacker with write access to the store could remove the newest events
without a trace in the store. Anchors detect that: each server keeps its last seal in a small file "anchor-…", in the folder
"auditSpool" or, with SQLite, beside the store. Anchors of this machine are compared automatically. Copy the anchors of all
machines to another place and pass the copies with --anchor. An attacker who also has the audit key can rewrite the log undetected:
keep exports in another place, too. Where retention has removed events, pass the folder of their archives with --archive: then they are
proven, too. Without it, only that their removal is recorded. After a failover of PostgreSQL to a standby that missed changes, see "audit record-failover".

Examples:
  countersign audit verify --config countersign.yaml
  countersign audit verify --config countersign.yaml --anchor /mnt/kept/node1 --anchor /mnt/kept/node2
  countersign audit verify --config countersign.yaml --archive /mnt/audit`,
    )
    .action(async ({ config, anchor, archive, json }: Options) => {
      const { inspectStore, loadConfiguration, verifyAuditLog } = await import('@countersign/server')
      const configuration = loadConfiguration(config)
      const onProgress = (events: number) => {
        if (events % 100_000 === 0) console.error(`${events.toLocaleString('en')} events checked`)
      }
      const verdict = await verifyAuditLog(configuration, { copiedAnchors: anchor, archives: archive, onProgress })
      const hasStandby = (await inspectStore(configuration.store)).kind === 'postgres'
      printResult(json, { holds: verdict.fault === undefined, ...verdict }, () => describe(verdict, hasStandby))
      if (verdict.fault) throw new BadFinding(verdict.fault.message)
    })
}

function describe(
  {
    events,
    unsealed,
    unanchored,
    unprotected,
    anchors,
    failovers = [],
    removedNames = [],
    damagedSpools = [],
    removed = [],
    archives,
    fault,
    event,
  }: StoreVerdict,
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
    ...removed.map((one) => ['removed', describeRemoved(one)] as const),
    ...describeArchives(archives),
    ['unprotected', `${unprotected}${unprotected === 0 ? '' : ', from before the log was protected'}`],
  ])
  if (!fault) {
    const exceptions = [
      ...(failovers.length > 0 ? ['for what a failover lost'] : []),
      ...(removedNames.length > 0 ? ['for names that were removed'] : []),
    ]
    const except = exceptions.length === 0 ? '' : `, except ${exceptions.join(' and ')}`
    const open =
      removed.length > 0 && !archives?.given ? '\nRemoved events were not verified: pass the folder of their archives with --archive.' : ''
    return `The audit log is as it was written${except}.\n${counts}${open}`
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

function describeRemoved({ class: name, events, withoutArchive, until }: NonNullable<StoreVerdict['removed']>[number]): string {
  const none = withoutArchive === 0 ? '' : `, ${withoutArchive} of them without an archive`
  return `${events} ${name}${none}, as recorded; all ${name} after ${new Date(until).toISOString()} are in the store`
}

function describeArchives(archives: StoreVerdict['archives']): (readonly [string, string])[] {
  if (!archives?.given) return []
  const { proven, events, faults, unrecorded } = archives
  return [
    ['archives', `${proven.length} as they were written, with ${events} events`],
    ...faults.map(({ message }) => ['bad archive', message] as const),
    ...unrecorded.map(
      ({ file, isIntact }) =>
        ['unrecorded', `"${file}", ${isIntact ? 'intact' : 'NOT intact'}: no record of this log names it, as after a restore`] as const,
    ),
  ]
}

function describeFailover({ from, to, lostEvents, lostSeals, recordedAt, recordedBy, reason }: RecordedFailover): string {
  const [start, end, at] = [from, to, recordedAt].map((instant) => new Date(instant).toISOString())
  return `${lostEvents} events and ${lostSeals} seals lost between ${start} and ${end}; recorded at ${at} by ${recordedBy}: ${reason}`
}

/** One is recorded for each two hundred events. */
const maxRemovals = 20

function describeRemoval({ events, acceptances, removedAt, removedBy, reason }: RecordedRemoval): string {
  const data = acceptances === undefined ? '' : ` and ${acceptances} acceptances`
  return `from ${events} events${data} at ${new Date(removedAt).toISOString()} by ${removedBy}${reason === undefined ? '' : `: ${reason}`}`
}

function describeAnchors({ confirmed, beforeRestore, lost = 0, latestAt }: StoreVerdict['anchors']): string {
  const older = `${beforeRestore === 0 ? '' : `; ${beforeRestore} from before a backup was restored`}${lost === 0 ? '' : `; ${lost} lost by a failover`}`
  return `${confirmed}${latestAt === null ? '' : `, up to ${new Date(latestAt).toISOString()}`}${older}`
}
