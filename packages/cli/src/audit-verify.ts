// countersign audit verify: whether the audit log is as the servers wrote it, asked of the store itself and not of a server.
import type { Command } from 'commander'
import type { StoreVerdict } from '@countersign/server'
import { BadFinding, formatFacts, printResult } from './output.ts'

export function addVerify(audit: Command): void {
  audit
    .command('verify')
    .description('Check that no event was altered, removed, inserted or moved; ends with 1 where one was')
    .requiredOption('--config <file>', 'the configuration file: it names the store, the audit key and the pepper')
    .option('--anchor <path...>', 'copies of anchors, those of other machines for instance: files, or folders of them', [])
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
It reads the store itself, beside the server that uses it. Whoever can write to the store could cut off its end without a trace
in it. Anchors show that: small files in which each server keeps its last seal, "anchor-…" in the folder "auditSpool", or beside
the store on SQLite. Those of this machine are compared by themselves; copy those of all machines elsewhere, and name the copies
by --anchor. Whoever has both the store and the audit key can rewrite the log without a trace: keep exports elsewhere, too.

Examples:
  countersign audit verify --config countersign.yaml
  countersign audit verify --config countersign.yaml --anchor /mnt/kept/node1 --anchor /mnt/kept/node2`,
    )
    .action(async ({ config, anchor, json }: { config: string; anchor: readonly string[]; json?: boolean }) => {
      const { loadConfiguration, verifyAuditLog } = await import('@countersign/server')
      const onProgress = (events: number) => {
        if (events % 100_000 === 0) console.error(`${events.toLocaleString('en')} events so far`)
      }
      const verdict = await verifyAuditLog(loadConfiguration(config), { copiedAnchors: anchor, onProgress })
      printResult(json, { holds: verdict.fault === undefined, ...verdict }, () => describe(verdict))
      if (verdict.fault) throw new BadFinding(verdict.fault.message)
    })
}

function describe({ events, unsealed, unanchored, unprotected, anchors, fault, event }: StoreVerdict): string {
  const counts = formatFacts([
    ['events', String(events)],
    ['not sealed', `${unsealed}${unsealed === 0 ? '' : ': should one more have been here, nobody could tell'}`],
    [
      'not anchored',
      `${unanchored}${unanchored === 0 ? '' : ': should the newest of these have been cut off with their seals, nobody could tell'}`,
    ],
    ['anchors', describeAnchors(anchors)],
    ['unprotected', `${unprotected}${unprotected === 0 ? '' : ', from before the log was protected'}`],
  ])
  if (!fault) return `The audit log is as it was written.\n${counts}`
  const where = event ? [`event    ${event.id}`, `at       ${event.at}`, `kind     ${event.kind}`, ''] : []
  return [
    'The audit log is NOT as it was written.',
    fault.message,
    '',
    ...where,
    counts,
    '',
    'Next: keep this store as it is (countersign backup, or pg_dump), compare with your last good backup and exports from this',
    'instant on, and find out who could write to the database. Later events may be bad too: this is only the first.',
  ].join('\n')
}

function describeAnchors({ confirmed, beforeRestore, latestAt }: StoreVerdict['anchors']): string {
  const older = beforeRestore === 0 ? '' : `; ${beforeRestore} from before a backup was put back`
  return `${confirmed}${latestAt === null ? '' : `, up to ${new Date(latestAt).toISOString()}`}${older}`
}
