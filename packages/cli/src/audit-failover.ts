// countersign audit record-failover: records in the audit log which of its rows a failover lost.
import { hostname, userInfo } from 'node:os'
import { expectedVisible, isVisibleText } from '@countersign/admin'
import type { Command } from 'commander'
import type { FoundLosses } from '@countersign/server'
import { confirm } from './operator-command.ts'
import { CommandError, formatTable, printNote, printResult } from './output.ts'
import { parseInstant } from './values.ts'

interface Options {
  readonly config: string
  readonly from: string
  readonly to: string
  readonly reason: string
  readonly anchor: readonly string[]
  readonly yes?: boolean
  readonly json?: boolean
}

export function addRecordFailover(audit: Command): void {
  audit
    .command('record-failover')
    .description('Record which events a failover to a standby lost, so that "audit verify" reports the failover instead')
    .requiredOption('--config <file>', 'configuration file of a server; it names the store, the audit key and the pepper')
    .requiredOption('--from <instant>', 'last instant up to which the standby certainly had everything')
    .requiredOption('--to <instant>', 'instant at which the standby had become the primary')
    .requiredOption('--reason <text>', 'reason for the loss; part of the record')
    .option('--anchor <path...>', 'copies of anchors of other machines: files or folders', [])
    .option('--yes', 'skip the confirmation prompt')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Use it only after a failover to a standby that missed changes, on PostgreSQL; a SQLite store has no standby. Servers can keep running; run it once they have run for a minute on
the new primary. It finds the events and seals that are missing and can have been lost in this time, lists them by node and
number, and records them as an event "store.failover" of the audit log. "audit verify" then reports the failover, with this list,
and exits with 0. Everything else that is missing, or goes missing later, still fails. Keep the time short: events that an attacker
removed before the record, of the time between the last seal of a node before --from and the first after --to, look the same. Only
exports and copies of anchors kept elsewhere show them. Seals are made every ten seconds while there are events.

Example:
  countersign audit record-failover --config countersign.yaml --from 2026-01-31T12:00:00Z --to 2026-01-31T12:02:00Z --reason 'db1 lost its disk'`,
    )
    .action(async (options: Options, command: Command) => {
      const { createServer, findLossesOfFailover, inspectStore, loadConfiguration } = await import('@countersign/server')
      const configuration = loadConfiguration(options.config)
      const store = await inspectStore(configuration.store)
      if (store.kind === 'sqlite') throw explainSqlite(store.name, options.config)
      const reason = readReason(options.reason)
      const found = await findLossesOfFailover(configuration, { ...readTime(options), copiedAnchors: options.anchor })
      if (found.nodes.length === 0)
        throw new CommandError('Nothing is missing in the audit log that a failover in this time can have lost.', {
          next: found.remaining
            ? `Correct --from and --to if there was a failover. The log fails because: ${found.remaining.message}`
            : 'Nothing: "countersign audit verify" succeeds.',
        })
      if (!options.yes) {
        if (!options.json) printNote(`${describeLosses(found)}\n`)
        await confirm(command, store.name)
      }
      const { from, to, nodes, remaining } = found
      const recordedBy = `${userInfo().username}@${hostname()}`
      const server = await createServer({ configuration, logStream: process.stderr })
      try {
        const { anchorsSetAside } = await server.recordFailover({ from, to, nodes, recordedBy, reason })
        const result = { ...found, remaining: remaining?.message ?? null, anchorsSetAside }
        printResult(options.json, result, () => `Recorded.\n${describeLosses(found)}`)
      } finally {
        await server.close()
      }
    })
}

/** Otherwise a holder of the audit key could give any removal of rows this explanation. */
function explainSqlite(name: string, config: string): CommandError {
  return new CommandError(
    `The store "${name}" is a SQLite file, which has no standby: no failover can have lost rows of its audit log, so none can be recorded.`,
    {
      next: `Run "countersign restore --config ${config}" if a backup was put back; it explains the rows that the backup lacks. Otherwise preserve the store, and find out with "countersign audit verify" what was removed.`,
    },
  )
}

/** It is printed by every later verification. */
function readReason(reason: string): string {
  if (reason.length <= 500 && isVisibleText(reason)) return reason
  throw new CommandError(`"--reason" has up to 500 characters, ${expectedVisible}.`, { next: 'Shorten or retype it.' })
}

function readTime({ from, to }: Options) {
  const time = { from: Date.parse(parseInstant('--from', from)), to: Date.parse(parseInstant('--to', to)) }
  if (time.from >= time.to) throw new CommandError('"--from" must be before "--to".', { next: 'Correct the time of the failover.' })
  return time
}

function describeLosses({ nodes, lostEvents, lostSeals, remaining }: FoundLosses): string {
  const formatRanges = (ranges: readonly (readonly [number, number])[]) =>
    ranges.map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`)).join(', ')
  const rows = nodes.map(({ node, events, seals }) => [node, formatRanges(events), formatRanges(seals.map(({ numbers }) => numbers))])
  const table = formatTable(['NODE', 'EVENTS', 'SEALS'], rows)
  const rest = remaining ? `\n\nNot explained by this failover, so "audit verify" still fails: ${remaining.message}` : ''
  return `Lost: ${lostEvents} events and ${lostSeals} seals, by their numbers:\n${table}${rest}`
}
