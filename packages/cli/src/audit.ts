// countersign audit: changes by operators, issued tokens and denied requests.
import { Command } from 'commander'
import { addRecordFailover } from './audit-failover.ts'
import { addArchive, describeRemoved } from './audit-archive.ts'
import { addRemoveName } from './audit-remove-name.ts'
import { addExport } from './audit-export.ts'
import { readFilters, withFilters, withFiltersOfChanges } from './audit-filters.ts'
import { describeEvent, formatEvents, type TableOptions } from './audit-table.ts'
import { addVerify } from './audit-verify.ts'
import { addRotate } from './key-ring-commands.ts'
import { addList, addOperation } from './operator-command.ts'
import type { SessionOptions } from './operator-session.ts'

export function auditCommand(): Command {
  const command = new Command('audit')
    .description('Search, export and verify the audit log')
    .addHelpText('after', '\nExample:\n  countersign audit changes --since 12h')

  addList(command, {
    usage: 'search',
    description:
      'Search the audit log, most recent first. A search that can find issued tokens can return a short page although more events follow; changes, denials of a client and single requests are found at once in a log of any size',
    operation: 'audit.search',
    example: `audit search --realm partners --client api-client-acme --outcome refused --limit 5
  countersign audit search --request 019bc186de00-c76940f9-00000003
  countersign audit search --kind clients.create,clients.delete --since 2026-01-31`,
    options: (search) => withWide(withFilters(search)),
    input: async (options: TableOptions) => ({ params: {}, query: await readFilters(options) }),
    text: formatEvents,
    note: describeRemoved,
  })

  addList(command, {
    usage: 'changes',
    description:
      'List what was changed, most recent first, without issued tokens and denied requests: the same as "audit search --changes"',
    operation: 'audit.search',
    example: `audit changes --since 12h                           what was changed last night
  countersign audit changes --organization acme --realm partners  who changed this
  countersign audit changes --since 7d --by ci --wide             everything that an operator changed`,
    options: (changes) => withWide(withFiltersOfChanges(changes)),
    input: async (options: TableOptions) => ({ params: {}, query: await readFilters({ ...options, changes: true }) }),
    text: (page, options) => formatEvents(page, { ...options, changes: true }),
    note: describeRemoved,
  })

  addOperation(command, {
    usage: 'show <event>',
    operation: 'audit.get',
    description: 'Show an event of the audit log with all of its details',
    example: 'audit show 019bc186de00-c76940f9-00000003',
    options: (show) => show,
    input: (_options: SessionOptions, event) => ({ params: { event } }),
    text: describeEvent,
  })

  addExport(command)
  addVerify(command)
  addArchive(command)
  addRecordFailover(command)
  addRemoveName(command)
  addRotate(command, 'rotate-key', {
    purpose: 'audit key',
    setting: 'auditKey',
    command: 'audit rotate-key',
    afterwards: `Restart every server, one after the other: from then on it writes under the new version. Keep the version before: the events
   that were written under it can be verified only with it.`,
  })
  return command
}

function withWide(command: Command): Command {
  return command.option('--wide', 'show whole values, and the columns REALM and ADDRESS; changes of all realms have REALM anyway')
}
