// countersign audit archive: what retention removed from the audit log, and what it would remove now.
import type { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import type { ArchiveList, Configuration, DueEvents } from '@countersign/server'
import { CommandError, formatTable, printResult } from './output.ts'

interface Options {
  readonly config: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

export function addArchive(audit: Command): void {
  const command = audit
    .command('archive')
    .description('List archives of audit events that were removed, or archive and remove now what is due')
    .addHelpText('after', '\nExample:\n  countersign audit archive list --config countersign.yaml')

  withConfiguration(command.command('list'))
    .description('List what retention removed, and whether each archive is in the configured folder as it was written')
    .addHelpText(
      'after',
      `
Reads every archive. It does not prove that the rest of the log is whole: "audit verify --archive DIR" does.

Example:
  countersign audit archive list --config countersign.yaml`,
    )
    .action(async ({ config, json }: Options) => {
      const { listArchives, loadConfiguration } = await import('@countersign/server')
      printResult(json, await listArchives(loadConfiguration(config)), describeList)
    })

  withConfiguration(command.command('run'))
    .option('--dry-run', 'print what is due, and change nothing')
    .description('Archive and remove the audit events that are older than "audit.keep", as a server does by itself')
    .addHelpText(
      'after',
      `
Each day and class of events is written to files in the folder "audit.archive", read back and verified, recorded in the log, and
only then removed. A run that is interrupted is continued by the next one. Unlike a server it begins with the oldest event, so it
also finds events that came late, such as those of a spool that was found again. On SQLite, stop the server first (the dry run
works beside it).

Examples:
  countersign audit archive run --config countersign.yaml --dry-run
  countersign audit archive run --config countersign.yaml`,
    )
    .action(run)
}

function withConfiguration(command: Command): Command {
  return command.requiredOption('--config <file>', 'configuration file of the server').option('--json', 'print JSON')
}

const bySetting = 'Nothing is ever due: "audit.keep" keeps every event forever.'

async function run({ config, dryRun, json }: Options): Promise<void> {
  const { createServer, findDueEvents, loadConfiguration } = await import('@countersign/server')
  const configuration = loadConfiguration(config)
  if (dryRun)
    return printResult(json, { due: await findDueEvents(configuration, Date.now()) }, ({ due }) => describeDue(due, configuration))
  if (keepsEverything(configuration)) return printResult(json, { events: 0, archives: [] }, () => bySetting)
  const archives: string[] = []
  let events = 0
  const server = await createServer({ configuration, logStream: process.stderr })
  try {
    const isDone = await server.retainAudit({
      fromTheBeginning: true,
      // On SQLite no other server uses the store; on PostgreSQL the others are to notice little.
      pauses: configuration.store.startsWith('sqlite:') ? 0 : 1,
      onPiece(piece) {
        events += piece.events
        if (piece.archive) archives.push(piece.archive.file)
        if (!json) console.error(`${events.toLocaleString('en')} events removed${piece.archive ? `; ${piece.archive.file}` : ''}`)
      },
    })
    if (!isDone)
      throw new CommandError('A server is removing events from this store now.', {
        reason: 'conflict',
        next: 'Nothing, or run the command again later.',
      })
    printResult(json, { events, archives }, () =>
      events === 0 ? 'Nothing is due.' : `Removed ${events} events. Archives written: ${archives.length}.`,
    )
  } finally {
    await server.close()
  }
}

function keepsEverything({ audit }: Configuration): boolean {
  return Object.values(audit.keep).every((time) => time === 'forever')
}

function describeDue(due: readonly DueEvents[], configuration: Configuration): string {
  if (keepsEverything(configuration)) return bySetting
  if (due.length === 0) return 'Nothing is due.'
  const target =
    configuration.audit.archive === 'none'
      ? 'They would be removed WITHOUT an archive.'
      : `Archives would be written to "${configuration.audit.archive}".`
  const rows = due.map(({ class: name, from, to, events }) => [name, from, to, String(events)])
  return `${formatTable(['CLASS', 'FROM', 'TO', 'EVENTS'], rows)}\n\n${target} Events that are not sealed, or not as they were written, stay.`
}

function describeList({ folder, archives, unreadable }: ArchiveList): string {
  const broken = unreadable.map((id) => `The record "${id}" is not as it was written: run "countersign audit verify".`)
  if (archives.length === 0) return ['None: nothing was removed from the audit log of this store.', ...broken].join('\n')
  const rows = archives.map(({ class: name, from, to, events, file, bytes, state, archive }) => [
    name,
    from,
    to,
    String(events),
    bytes === null ? '' : String(bytes),
    state,
    archive,
    file ?? '(without an archive)',
  ])
  const where = folder === null ? 'No folder of archives is configured ("audit.archive").' : `Folder: ${folder}`
  return [formatTable(['CLASS', 'FROM', 'TO', 'EVENTS', 'BYTES', 'STATE', 'ARCHIVE', 'FILE'], rows), '', where, ...broken].join('\n')
}

/** For a search that reaches back to removed events. */
export function describeRemoved({ removed = [] }: OperationOutput<'audit.search'>): string | undefined {
  if (removed.length === 0) return undefined
  const classes = removed.map(({ class: name, until }) => `${name} up to ${until}`).join(', ')
  return `Older events are not in the log any more: ${classes}. Search their archives ("countersign audit archive list"):\n  zcat audit-*.jsonl.gz | grep TEXT`
}
