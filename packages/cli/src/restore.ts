// countersign restore: puts a backup in force, so that nothing that was revoked after it works again unnoticed.
import { Command } from 'commander'
import type { Configuration, LostEvent, RecordedRestore, Revocation, RepeatedRevocation } from '@countersign/server'
import { listLostChanges, readExport, redo, type LostChange } from './lost-changes.ts'
import { confirm } from './operator-command.ts'
import { CommandError, formatTable, printResult } from './output.ts'
import { refuseMissingStore } from './serve.ts'

interface Options {
  readonly config: string
  readonly from?: string
  readonly sinceBackup?: string
  readonly oldStore?: string
  readonly listOnly?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('After a restore, refuse every token from before, and again what was refused after the backup')
    .requiredOption('--config <file>', 'the configuration file of the server')
    .option('--from <backup>', 'a file of "countersign backup" to put back first (SQLite)')
    .option(
      '--since-backup <file>',
      'the latest "countersign audit export": what it knows of and the backup does not have is taken away again',
    )
    .option('--old-store <store>', 'or the store that is replaced, where it can still be read: "sqlite:FILE" or a URL of PostgreSQL')
    .option('--list-only', 'list what was refused after the backup, and leave it undone')
    .option('--yes', 'do not ask whether it is meant')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Stop all servers first. A PostgreSQL is put back by pg_restore, then this makes it safe to serve. Every token that was issued
before is refused in all realms; clients get new ones by themselves. What was taken away after the backup is taken away again:
clients disabled or deleted, organizations suspended or deleted, secrets revoked, partners withdrawn, scopes and capabilities
removed. What was given is only listed, as commands. Without an export or the old store nobody knows what that was.

Examples:
  countersign restore --config countersign.yaml --from backups/2026-01-31.db --since-backup audit.jsonl
  countersign restore --config countersign.yaml --since-backup audit.jsonl
  countersign restore --config countersign.yaml --from backups/2026-01-31.db --old-store sqlite:lost/countersign.db`,
    )
    .action(async (options: Options, command: Command) => {
      const { createServer, inspectStore, loadConfiguration, putBackSqlite } = await import('@countersign/server')
      const configuration = loadConfiguration(options.config)
      const found = await inspectStore(configuration.store)
      if (options.from === undefined) refuseMissingStore(found, options.config)
      if (options.from !== undefined && found.kind === 'postgres')
        throw new CommandError(`The store "${found.name}" is a PostgreSQL; --from is for a file of "countersign backup".`, {
          next: `pg_restore --no-owner --dbname="${found.name}" "${options.from}", then this command without --from.`,
        })
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
        if (!(await server.hasOperator()))
          console.error('Nobody can administer this store: "countersign operator create" makes an operator.')
      } finally {
        await server.close()
      }
    })
}

interface LostChanges {
  readonly revocations: readonly Revocation[]
  readonly rest: readonly LostEvent[]
}

/** Undefined where nothing knows of them. They are what the backup does not have, whether it is put back already or not. */
async function findLostChanges({ store }: Configuration, options: Options): Promise<LostChanges | undefined> {
  const { findMissingEvents, readChangesOf, sortLostChanges } = await import('@countersign/server')
  const { from, sinceBackup, oldStore } = options
  if (sinceBackup === undefined && oldStore === undefined) return undefined
  const known = [
    ...(sinceBackup === undefined ? [] : readExport(sinceBackup)),
    ...(oldStore === undefined ? [] : await readChangesOf(oldStore)),
  ]
  const once = [...new Map(known.map((event) => [event.id, event])).values()]
  const missing = await findMissingEvents(from === undefined ? store : `sqlite:${from}`, once)
  if (!options.listOnly) return sortLostChanges(missing)
  return { revocations: [], rest: missing }
}

const noSource = `AT RISK: what was refused after the backup works again, and nothing here knows what that was: clients that were disabled or
deleted, organizations that were suspended, secrets that were revoked or rotated, partners that were withdrawn.`

function describePlan(lost: LostChanges | undefined): string {
  if (!lost)
    return `${noSource}\nName your latest "countersign audit export" by --since-backup FILE, or the store that is replaced by --old-store.\n`
  if (lost.revocations.length === 0) return 'There is nothing to take away again.\n'
  return `To be taken away again:\n${tableOf(lost.revocations.map(({ event }) => event))}\n`
}

interface Outcome {
  readonly restored: RecordedRestore
  readonly lostChanges: readonly LostChange[] | undefined
  /** Without those that the backup has nothing of. */
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
  const head = `Tokens issued before ${new Date(tokensNotBefore * 1000).toISOString()} are refused, in ${organizations} organizations of all realms.
The backup ${last}. What was done after that is undone.${describeAnchors(anchorsSetAside)}`
  if (!lostChanges || !repeated)
    return `${head}\n\n${noSource}\n\nNext: before you start the server, find out what was refused since then, and refuse it again. A later "countersign audit\nexport" (--since-backup FILE) or the store that was replaced (--old-store) would tell: run this command again with one of them.`
  const notes = repeated.flatMap(({ revocation: { event }, outcome, note }) =>
    note === undefined ? [] : [`${outcome === 'done' ? 'Done, but' : 'NOT done,'} ${event.kind} of ${event.at}: ${note}`],
  )
  const done = repeated.filter(({ outcome }) => outcome === 'done').map(({ revocation }) => revocation.event)
  const parts = [
    head,
    lostChanges.length === 0
      ? 'Nothing else was done after the backup that is to be done again.'
      : `Next: start the server, then do these again as far as they are still wanted, the oldest first:\n${formatTable(
          ['AT', 'WHAT', 'AGAIN'],
          lostChanges.map(({ at, kind, redo }) => [at, kind, redo]),
        )}`,
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
    ...(done.length === 0 ? [] : [`Done again, each with an event in the audit log:\n${tableOf(done)}`]),
  ]
  return parts.join('\n\n')
}

function tableOf(events: readonly LostEvent[]): string {
  return formatTable(
    ['AT', 'WHAT', 'AS IF BY'],
    [...new Set(events)].map((event) => [event.at, event.kind, redo(event)]),
  )
}

function describeAnchors(setAside: readonly string[]): string {
  if (setAside.length === 0) return ''
  return `\nAnchors of the audit log that are newer than the backup were set aside:\n${setAside.map((file) => `  ${file}`).join('\n')}`
}
