// countersign audit export: events as JSON lines, newest first, or with --follow oldest first and for ever.
import { once } from 'node:events'
import type { Command } from 'commander'
import { followEvents, pageOfExport, pagesOf } from './audit-follow.ts'
import { readFilters, withFilters, type Filters } from './audit-filters.ts'
import { readCursorFile, writeCursorFile } from './cursor-file.ts'
import { forOperators, openAdminClient } from './operator-session.ts'

type ExportOptions = Filters & { readonly follow?: boolean; readonly cursorFile?: string }

export function addExport(parent: Command): void {
  withFilters(forOperators(parent.command('export')))
    .summary('Print all matching events as JSON lines')
    .description(
      `Print all matching events as JSON lines, most recent first. With --follow or --cursor-file they are printed oldest first, 30 seconds after
they were written (2 on SQLite): until then an event of another server could still come before them. Events that
waited in a spool during an outage are printed when they are in the database, out of order. No event is left out.`,
    )
    .option('--follow', 'go on for ever: new events are printed as they come, from now on or from --since on; SIGTERM ends it')
    .option(
      '--cursor-file <file>',
      'keep in this file how far the export came, and go on there the next time, also after a kill; without --follow, print what is new and end',
    )
    .addHelpText(
      'after',
      `
Examples:
  countersign audit export --from 2026-01-01 --to 2026-02-01 > january.jsonl
  countersign audit export --follow --since 1h --changes
  countersign audit export --cursor-file audit.cursor --since 7d >> audit.jsonl      from cron

To ship the log, pipe it into the agent that you have. The cursor is kept once the agent has taken the lines; after a kill at
most the last 1,000 events are printed again: "id" tells them.
  countersign audit export --follow --cursor-file /var/lib/audit/cursor --since 7d --server https://auth.example.com \\
    | vector --config vector.yaml           # sources: { audit: { type: stdin, decoding: { codec: json } } }
  countersign audit export --follow --cursor-file /var/lib/audit/cursor --since 7d --server https://auth.example.com \\
    | fluent-bit -i stdin -o http://logs.example.com:443`,
    )
    .action(exportEvents)
}

async function exportEvents(options: ExportOptions): Promise<void> {
  const filters = await readFilters(options)
  if (options.follow === true || options.cursorFile !== undefined) return exportOldestFirst(options, filters)
  const query = { ...filters, limit: pageOfExport }
  for await (const event of openAdminClient(options).iterate('audit.search', { params: {}, query })) {
    // Backpressure: an export of millions of events is never held in memory as a whole.
    if (!process.stdout.write(`${JSON.stringify(event)}\n`)) await once(process.stdout, 'drain')
  }
}

async function exportOldestFirst(options: ExportOptions, filters: Awaited<ReturnType<typeof readFilters>>): Promise<void> {
  const { follow: isEndless = false, cursorFile } = options
  const start = cursorFile === undefined ? undefined : readCursorFile(cursorFile)
  // The cursor knows where it began. An event that comes late can be older.
  const from = start === undefined ? (filters.from ?? (isEndless ? new Date().toISOString() : undefined)) : undefined
  const stop = stopOnSignals()
  await followEvents({
    start,
    isEndless,
    readPage: pagesOf(openAdminClient(options), { ...filters, from }),
    write: (text) =>
      stop.after(new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve(undefined))))),
    keep: (cursor) => {
      if (cursorFile !== undefined) writeCursorFile(cursorFile, cursor)
    },
    say: (message) => console.error(message),
    isStopped: stop.isRequested,
  })
}

/** Ends the process between two pages: not while one is written and its cursor is not kept yet. */
function stopOnSignals() {
  let isRequested = false
  let isWriting = false
  const stop = () => {
    isRequested = true
    if (!isWriting) process.exit(0)
  }
  process.once('SIGTERM', stop).once('SIGINT', stop)
  return {
    isRequested: () => isRequested,
    /** The cursor is kept in the same turn in which the write has ended. */
    async after(written: Promise<unknown>): Promise<void> {
      isWriting = true
      await written
      isWriting = false
    },
  }
}
