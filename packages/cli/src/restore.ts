// countersign restore: puts a backup in force, so that nothing that was revoked after it works again unnoticed.
import { Command } from 'commander'
import type { RecordedRestore } from '@countersign/server'
import { listLostChanges, readExport, type LostChange } from './lost-changes.ts'
import { confirm } from './operator-command.ts'
import { CommandError, formatTable, printResult } from './output.ts'
import { refuseMissingStore } from './serve.ts'

interface Options {
  readonly config: string
  readonly from?: string
  readonly sinceBackup?: string
  readonly yes?: boolean
  readonly json?: boolean
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('After a restore, refuse every token from before and list what has to be done again')
    .requiredOption('--config <file>', 'the configuration file of the server')
    .option('--from <backup>', 'a file of "countersign backup" to put back first (SQLite)')
    .option('--since-backup <file>', 'the latest "countersign audit export": its changes that the backup does not have are listed')
    .option('--yes', 'do not ask whether it is meant')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Stop all servers first. A PostgreSQL is put back by pg_restore, then this makes it safe to serve. Every token that was issued
before is refused in all realms; clients get new ones by themselves.

Examples:
  countersign restore --config countersign.yaml --from backups/2026-01-31.db --since-backup audit.jsonl
  countersign restore --config countersign.yaml --since-backup audit.jsonl`,
    )
    .action(async (options: Options, command: Command) => {
      const { createServer, findMissingEvents, inspectStore, loadConfiguration, putBackSqlite } = await import('@countersign/server')
      const configuration = loadConfiguration(options.config)
      const found = await inspectStore(configuration.store)
      const exported = options.sinceBackup === undefined ? undefined : readExport(options.sinceBackup)
      if (options.from === undefined) refuseMissingStore(found, options.config)
      if (options.from !== undefined && found.kind === 'postgres')
        throw new CommandError(`The store "${found.name}" is a PostgreSQL; --from is for a file of "countersign backup".`, {
          next: `pg_restore --no-owner --dbname="${found.name}" "${options.from}", then this command without --from.`,
        })
      if (!options.yes) await confirm(command, found.name)

      if (options.from !== undefined) await putBackSqlite(options.from, configuration.store)
      const missing = exported && (await findMissingEvents(configuration.store, exported))
      const server = await createServer({ configuration, logStream: process.stderr })
      const restored = await server.recordRestore().finally(() => server.close())
      const lostChanges = missing && listLostChanges(missing)
      printResult(options.json, { ...restored, lostChanges }, () => describe(restored, lostChanges))
    })
}

function describe(
  { tokensNotBefore, organizations, lastEventAt, anchorsSetAside }: RecordedRestore,
  lost: readonly LostChange[] | undefined,
): string {
  const last = lastEventAt === null ? 'has no events' : `ends at ${new Date(lastEventAt).toISOString()}`
  const done = `Tokens issued before ${new Date(tokensNotBefore * 1000).toISOString()} are refused, in ${organizations} organizations of all realms.
The backup ${last}. What was done after that is undone, revocations included:
clients that were disabled or deleted, secrets that were revoked or rotated, partners that were withdrawn.${describeAnchors(anchorsSetAside)}`
  if (lost === undefined)
    return `${done}\n\nNext: name your latest "countersign audit export" by --since-backup FILE to see which, and do them again.`
  if (lost.length === 0) return `${done}\n\nThe export names no change that the backup does not have.`
  const rows = lost.map(({ at, kind, redo }) => [at, kind, redo])
  return `${done}\n\nNext: start the server, then do these again, the oldest first:\n${formatTable(['AT', 'WHAT', 'AGAIN'], rows)}`
}

function describeAnchors(setAside: readonly string[]): string {
  if (setAside.length === 0) return ''
  return `\nAnchors of the audit log that are newer than the backup were set aside:\n${setAside.map((file) => `  ${file}`).join('\n')}`
}
