// countersign restore: makes a restored store safe to serve, so that nothing that was revoked after the backup works again.
import { Command } from 'commander'
import type { Configuration, LostEvent, RecordedRestore, Revocation, RepeatedRevocation } from '@countersign/server'
import { listLostChanges, readExport, redo, type LostChange } from './lost-changes.ts'
import { confirm } from './operator-command.ts'
import { CommandError, formatTable, printResult } from './output.ts'
import { noOwner, refuseMissingStore } from './serve.ts'

interface Options {
  readonly config: string
  readonly from?: string
  readonly sinceBackup?: string
  readonly oldStore?: string
  readonly archive: readonly string[]
  readonly listOnly?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('Restore a backup: invalidate all earlier tokens, and repeat the revocations made after the backup')
    .requiredOption('--config <file>', 'configuration file of the server')
    .option('--from <backup>', 'backup file of "countersign backup" to restore first (SQLite)')
    .option(
      '--since-backup <file>',
      'latest output of "countersign audit export": revocations in it that are missing in the backup are repeated',
    )
    .option(
      '--old-store <store>',
      'alternatively, the store that is being replaced, if it can still be read: "sqlite:FILE" or a PostgreSQL URL',
    )
    .option('--archive <path...>', 'archives of the audit log, if changes made after the backup are in them: files or folders', [])
    .option('--list-only', 'list the revocations made after the backup, but do not repeat them')
    .option('--yes', 'skip the confirmation prompt')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Stop all servers first. Restore a PostgreSQL database with pg_restore, then run this command without --from. All tokens issued
before are invalidated in all realms; clients request new ones. Revocations made after the backup are repeated: disabled and
deleted clients, suspended and deleted organizations, revoked secrets, withdrawn partners, removed scopes and capabilities.
Other changes are only listed, as commands to run. Without an export or the old store, changes made after the backup are unknown.

Examples:
  countersign restore --config countersign.yaml --from backups/2026-01-31.db --since-backup audit.jsonl
  countersign restore --config countersign.yaml --since-backup audit.jsonl
  countersign restore --config countersign.yaml --from backups/2026-01-31.db --old-store sqlite:lost/countersign.db`,
    )
    .action(async (options: Options, command: Command) => {
      const { createServer, inspectStore, loadConfiguration, putBackSqlite } = await import('@countersign/server')
      const configuration = loadConfiguration(options.config)
      const found = await inspectStore(configuration.store)
      if (options.from === undefined) await refuseMissingStore(configuration.store, options.config)
      if (options.from !== undefined && found.kind === 'postgres')
        throw new CommandError(
          `The store "${found.name}" is a PostgreSQL database; --from is for a file of "countersign backup" (SQLite).`,
          {
            next: `pg_restore --no-owner --dbname="${found.name}" "${options.from}", then this command without --from.`,
          },
        )
      const lost = await findLostChanges(configuration, options)
      if (!options.yes) {
        if (!options.json) console.error(describePlan(lost))
        await confirm(command, found.name)
      }

      if (options.from !== undefined) await putBackSqlite(options.from, configuration.store)
      const server = await createServer({ configuration, logStream: process.stderr })
      try {
        const restored = await server.recordRestore()
        const repeated = lost && (await server.repeatRevocations(lost.revocations))
        const undone = (repeated ?? []).filter(({ outcome }) => outcome === 'not-done')
        const events = lost && [...lost.rest, ...undone.map(({ revocation }) => revocation.event)]
        const lostChanges = events && listLostChanges(events)
        const outcome: Outcome = { restored, lostChanges, repeated: repeated?.filter((one) => one.outcome !== 'not-needed') }
        printResult(options.json, toJson(outcome), () => describe(outcome))
        if (!(await server.hasOwner())) console.error(noOwner)
      } finally {
        await server.close()
      }
    })
}

interface LostChanges {
  readonly revocations: readonly Revocation[]
  readonly rest: readonly LostEvent[]
}

/** The changes that the backup does not contain, whether it is already restored or not; undefined without a source. */
async function findLostChanges({ store }: Configuration, options: Options): Promise<LostChanges | undefined> {
  const { findMissingEvents, readChangesOf, sortLostChanges } = await import('@countersign/server')
  const { from, sinceBackup, oldStore } = options
  if (sinceBackup === undefined && oldStore === undefined) return undefined
  const backup = from === undefined ? store : `sqlite:${from}`
  const known = [
    ...(sinceBackup === undefined ? [] : readExport(sinceBackup)),
    ...(oldStore === undefined ? [] : await readChangesOf(oldStore)),
  ]
  const archived = await readArchived(backup, known, options)
  const once = [...new Map([...archived, ...known].map((event) => [event.id, event])).values()]
  const missing = await findMissingEvents(backup, once)
  if (!options.listOnly) return sortLostChanges(missing)
  return { revocations: [], rest: missing }
}

/** Changes that are younger than the backup and were archived since. Without them a revocation would not be repeated. */
async function readArchived(backup: string, known: readonly LostEvent[], { archive }: Options): Promise<readonly LostEvent[]> {
  const { findArchivedChanges, readArchivedChanges } = await import('@countersign/server')
  const { files, withoutArchive } = await findArchivedChanges(backup, known)
  if (withoutArchive > 0)
    console.error(
      `WARNING: up to ${withoutArchive} changes made after the backup were removed from the audit log without an archive: revocations among them are not repeated.`,
    )
  const { events, missing } = await readArchivedChanges(archive, files)
  if (missing.length > 0)
    throw new CommandError(`Changes made after the backup were archived since: ${missing.join(', ')}.`, {
      next: 'Add --archive with the folder of the archives, so that the revocations in them are repeated. Use a newer backup if you have one.',
    })
  return events
}

const noSource = `WARNING: revocations made after the backup are unknown and no longer in force: disabled or deleted clients, suspended
organizations, revoked or rotated secrets, withdrawn partners.`

function describePlan(lost: LostChanges | undefined): string {
  if (!lost)
    return `${noSource}\nPass your latest "countersign audit export" with --since-backup FILE, or the store that is being replaced with --old-store.\n`
  if (lost.revocations.length === 0) return 'There are no revocations to repeat.\n'
  return `Revocations to repeat:\n${tableOf(lost.revocations.map(({ event }) => event))}\n`
}

interface Outcome {
  readonly restored: RecordedRestore
  readonly lostChanges: readonly LostChange[] | undefined
  /** Without revocations of objects that the backup does not contain. */
  readonly repeated: readonly RepeatedRevocation[] | undefined
}

function toJson({ restored, lostChanges, repeated }: Outcome) {
  const revocations = repeated?.map(({ revocation: { event, ...revocation }, ...rest }) => ({
    ...revocation,
    ...rest,
    event: event.id,
    at: event.at,
  }))
  return { ...restored, lostChanges, repeated: revocations }
}

function describe({ restored, lostChanges, repeated }: Outcome): string {
  const { tokensNotBefore, organizations, lastEventAt, anchorsSetAside } = restored
  const last = lastEventAt === null ? 'has no events' : `ends at ${new Date(lastEventAt).toISOString()}`
  const head = `Tokens issued before ${new Date(tokensNotBefore * 1000).toISOString()} are invalid, in ${organizations} organizations of all realms.
The backup ${last}. Later changes are lost.${describeAnchors(anchorsSetAside)}`
  if (!lostChanges || !repeated)
    return `${head}\n\n${noSource}\n\nNext: before you start the server, find out what was revoked since then. If you have a later "countersign audit export"\n(--since-backup FILE) or the replaced store (--old-store), run this command again with it. Otherwise repeat the revocations by hand.`
  const notes = repeated.flatMap(({ revocation: { event }, outcome, note }) =>
    note === undefined ? [] : [`${outcome === 'done' ? 'Done, but' : 'NOT done,'} ${event.kind} of ${event.at}: ${note}`],
  )
  const done = repeated.filter(({ outcome }) => outcome === 'done').map(({ revocation }) => revocation.event)
  const parts = [
    head,
    lostChanges.length === 0
      ? 'There are no other changes to repeat.'
      : `Next: start the server, then repeat those of these changes that you still want, oldest first:\n${formatTable(
          ['AT', 'CHANGE', 'COMMAND'],
          lostChanges.map(({ at, kind, redo }) => [at, kind, redo]),
        )}`,
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    ...(done.length === 0 ? [] : [`Repeated, each recorded in the audit log:\n${tableOf(done)}`]),
  ]
  return parts.join('\n\n')
}

function tableOf(events: readonly LostEvent[]): string {
  return formatTable(
    ['AT', 'CHANGE', 'EQUIVALENT COMMAND'],
    [...new Set(events)].map((event) => [event.at, event.kind, redo(event)]),
  )
}

function describeAnchors(setAside: readonly string[]): string {
  if (setAside.length === 0) return ''
  return `\nAnchors of the audit log that are newer than the backup were renamed:\n${setAside.map((file) => `  ${file}`).join('\n')}`
}
