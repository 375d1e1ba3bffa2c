// countersign audit verify: whether the audit log is as the servers wrote it, asked of the store itself and not of a server.
import type { Command } from 'commander'
import type { StoreVerdict } from '@countersign/server'
import { BadFinding, formatFacts, printResult } from './output.ts'

export function addVerify(audit: Command): void {
  audit
    .command('verify')
    .description('Check that no event was altered, removed, inserted or moved; ends with 1 where one was')
    .requiredOption('--config <file>', 'the configuration file: it names the store and the pepper')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
It reads the store itself, beside the server that uses it. What whoever has both the store and the pepper could rewrite does
not show: keep exports elsewhere.

Example:
  countersign audit verify --config countersign.yaml`,
    )
    .action(async ({ config, json }: { config: string; json?: boolean }) => {
      const { loadConfiguration, verifyAuditLog } = await import('@countersign/server')
      const verdict = await verifyAuditLog(loadConfiguration(config), (events) => {
        if (events % 100_000 === 0) console.error(`${events.toLocaleString('en')} events so far`)
      })
      printResult(json, { holds: verdict.fault === undefined, ...verdict }, () => describe(verdict))
      if (verdict.fault) throw new BadFinding(verdict.fault.message)
    })
}

function describe({ events, unsealed, unprotected, fault, event }: StoreVerdict): string {
  const counts = formatFacts([
    ['events', String(events)],
    ['not sealed yet', `${unsealed}${unsealed === 0 ? '' : ', of which one that is missing would not show'}`],
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
