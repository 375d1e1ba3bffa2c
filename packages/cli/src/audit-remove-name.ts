// countersign audit remove-name: takes the name of a person out of the audit log, which still verifies afterwards.
import { existsSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { expectedVisible, isVisibleText } from '@countersign/admin'
import type { Command } from 'commander'
import type { Configuration, FoundName, RemovableMember, RemovedNames } from '@countersign/server'
import { confirm } from './operator-command.ts'
import { CommandError, formatTable, printResult } from './output.ts'
import { withServer } from './server-on-store.ts'
import { readText } from './values.ts'

interface Options {
  readonly config: string
  readonly nameFile?: string
  readonly event?: readonly string[]
  readonly member?: readonly string[]
  readonly archive?: readonly string[]
  readonly acceptances?: boolean
  readonly reason?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

const maxNameLength = 200
const maxShown = 50

export function addRemoveName(audit: Command): void {
  audit
    .command('remove-name')
    .argument('[name]', 'name of a person, as it is written in the log')
    .description('Replace the name of a person in the audit log by "(removed)"; the log still verifies')
    .requiredOption('--config <file>', 'configuration file of a server; it names the store, the audit key and the pepper')
    .option('--name-file <file>', 'read the name from this file, or from standard input for "-": it stays out of the shell history')
    .option('--event <id...>', 'ids of the only events to change; without a name, the whole texts of --member are removed')
    .option('--member <member...>', 'members of events that are changed, such as "reason" or "detail.acceptedBy"')
    .option('--acceptances', 'replace it in the acceptances of the Data Processing Agreement, too')
    .option('--archive <path...>', 'archives of removed events: files or folders; by default the folder "audit.archive"')
    .option('--reason <text>', 'reason for the removal, such as the number of a request; part of the record, so without the name')
    .option('--dry-run', 'show what would change, and change nothing; a server can keep running')
    .option('--yes', 'skip the confirmation prompt')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Finds the name as whole words, in any case, in the texts that people write: reasons, names, descriptions, "acceptedBy", "recordedBy" and
"on behalf of". Client ids and other identifiers stay. It lists the events, asks, replaces the name by "(removed)", and records which
events it changed, when, and which user did it, as events "audit.removeName" of the log. "audit verify" then accepts exactly these texts, and
reports the removal. The record contains neither the name nor anything made from it.

On SQLite, stop the server first; the file is then rewritten, which takes its size in free space. On PostgreSQL servers can keep
running; run "vacuum full audit_events" at a quiet time, because old versions of rows stay in the files until then.
Archives with the name are written again under a new name, and the old file is deleted: replace copies that you keep elsewhere.
Backups, exports and logs of before still contain the name, and so does the data that is in force: the command lists where.

Examples:
  countersign audit remove-name --config countersign.yaml --name-file - --dry-run
  countersign audit remove-name 'Anna Berger' --config countersign.yaml --acceptances --reason 'request 4711'
  countersign audit remove-name --config countersign.yaml --event 01977d4b1f3a-5a6b7c8d-00000012 --member reason`,
    )
    .action(removeName)
}

async function removeName(argument: string | undefined, options: Options, command: Command): Promise<void> {
  const { config, json, event: ids, acceptances = false } = options
  const { findNameInStore, inspectStore, loadConfiguration, isRemovable, removableMembers } = await import('@countersign/server')
  const name = readName(argument, options)
  const members = options.member?.map((member) => {
    if (isRemovable(member)) return member
    throw new CommandError(`"--member ${member}" has no text that people write.`, { next: `Use one of ${removableMembers.join(', ')}.` })
  })
  if (name === undefined && (ids === undefined || members === undefined))
    throw new CommandError('Neither a name was given nor --event with --member.', {
      next: 'Add the name, or --name-file; or the ids of the events and the members to remove.',
    })
  const reason = readReason(options.reason, name)
  const configuration = loadConfiguration(config)
  const onProgress = (events: number) => {
    if (events % 100_000 === 0) console.error(`${events.toLocaleString('en')} events read`)
  }
  const archives = options.archive ?? folderOfArchives(configuration)
  const found = await findNameInStore(configuration, { name, members, ids, archives, onProgress })
  refuseUnusable(found, ids)
  const { kind, name: storeName } = await inspectStore(configuration.store)
  const archived = found.archives.flatMap(({ path, piece, events }) =>
    piece === undefined ? [] : [{ path, piece, events: events.map(({ id }) => id) }],
  )
  const isChanged = found.events.length > 0 || archived.length > 0 || (acceptances && found.acceptances > 0)
  if (options.dryRun || (!isChanged && !found.fileUnfinished)) {
    printResult(json, { dryRun: true, ...found }, () => describeFound(found, acceptances))
    return
  }
  const stopFirst = 'Stop the server, run this command again, and start the server.'
  await withServer(config, stopFirst, async (server) => {
    if (!options.yes) {
      if (!json) console.error(`${describeFound(found, acceptances)}\n`)
      await confirm(command, storeName)
    }
    if (kind === 'sqlite' && !json) console.error('The file is rewritten afterwards; that takes a while if it is large.')
    const events = found.events.map(({ id }) => id)
    const removedBy = `${userInfo().username}@${hostname()}`
    const showProgress = (done: number) => {
      if (done % 10_000 === 0) console.error(`${done.toLocaleString('en')} of ${events.length.toLocaleString('en')} events changed`)
    }
    const removed = await server.removeNames({
      name,
      members,
      events,
      archives: archived,
      acceptances,
      removedBy,
      reason,
      onProgress: showProgress,
    })
    const { others, missingArchives } = found
    const rest = {
      acceptances: acceptances ? 0 : found.acceptances,
      others,
      missingArchives,
      archives: found.archives.filter(isUnrecorded),
    }
    printResult(json, { ...removed, left: rest, unknown: found.unknown }, () => describeRemoved(removed, rest))
  })
}

function folderOfArchives({ audit: { archive } }: Configuration): string[] {
  return archive === undefined || archive === 'none' || !existsSync(archive) ? [] : [archive]
}

function isUnrecorded({ piece }: FoundName['archives'][number]): boolean {
  return piece === undefined
}

function readName(argument: string | undefined, { nameFile }: Options): string | undefined {
  if (argument !== undefined && nameFile !== undefined)
    throw new CommandError('The name was given twice, as an argument and by --name-file.', { next: 'Leave one of them out.' })
  const name = (nameFile === undefined ? argument : readText(nameFile))?.trim()
  if (name === undefined) return undefined
  const length = [...name].length
  if (length < 3 || length > maxNameLength || !isVisibleText(name))
    throw new CommandError(`A name to remove has 3 to ${maxNameLength} characters in one line, ${expectedVisible}.`, {
      next: 'Use --event and --member for a text that has none of this form.',
    })
  return name
}

/** It is printed by every later verification. */
function readReason(reason: string | undefined, name: string | undefined): string | undefined {
  if (reason === undefined) return undefined
  if (reason.length > 500 || !isVisibleText(reason))
    throw new CommandError(`"--reason" has up to 500 characters, ${expectedVisible}.`, { next: 'Shorten or retype it.' })
  if (name !== undefined && reason.toLowerCase().includes(name.toLowerCase()))
    throw new CommandError('"--reason" contains the name, and would keep it in the log.', { next: 'Leave the name out of the reason.' })
  return reason
}

function refuseUnusable({ altered, unknown, events, archives }: FoundName, ids: readonly string[] | undefined): void {
  if (altered !== undefined)
    throw new CommandError(`The event "${altered}" is not as it was written; a removal would hide that. Nothing was changed.`, {
      reason: 'conflict',
      next: 'Run "countersign audit verify", and find out what happened first.',
    })
  if (ids !== undefined && events.length === 0 && archives.length === 0 && unknown.length > 0)
    throw new CommandError(`The log has no event "${unknown[0]}".`, {
      reason: 'notFound',
      next: '"countersign audit search --json" shows the ids of events.',
    })
}

type Left = Pick<FoundName, 'acceptances' | 'others' | 'missingArchives' | 'archives'>

function describeFound(found: FoundName, withAcceptances: boolean): string {
  const { unknown, acceptances, fileUnfinished } = found
  const archives = found.archives.filter((one) => !isUnrecorded(one))
  const events = [...found.events, ...archives.flatMap((one) => one.events)]
  const rows = events
    .slice(0, maxShown)
    .map(({ id, at, kind, realm, members, texts }) => [
      id,
      new Date(at).toISOString(),
      kind,
      realm ?? '',
      members.map((member: RemovableMember, index) => `${member}: ${shorten(texts[index] ?? '')}`).join('; '),
    ])
  const more = events.length > maxShown ? `\nand ${events.length - maxShown} more; --json lists all of them.` : ''
  const table =
    events.length === 0
      ? 'None: no event has this name in a text that people write.'
      : `${events.length} events with the name, and what they become:\n${formatTable(['EVENT', 'AT', 'KIND', 'REALM', 'BECOMES'], rows)}${more}`
  return [
    table,
    ...(archives.length > 0
      ? [
          `Of these, in archives, which are written again: ${archives.map(({ path, events: { length } }) => `${length} in ${path}`).join(', ')}`,
        ]
      : []),
    ...(unknown.length > 0 ? [`Not in this log: ${unknown.join(', ')}`] : []),
    ...(withAcceptances ? [`Acceptances of the Data Processing Agreement with the name: ${acceptances}; it is replaced there, too.`] : []),
    ...(fileUnfinished ? ['An earlier removal did not come to its end: the file may still contain what it replaced.'] : []),
    ...describeLeft(withAcceptances ? { ...found, acceptances: 0 } : found),
  ].join('\n')
}

function describeRemoved({ events, acceptances, archives, fileRewritten }: RemovedNames, left: Left): string {
  const file =
    fileRewritten === null
      ? ['Run "vacuum full audit_events" at a quiet time: old versions of rows stay in the files of PostgreSQL until then.']
      : fileRewritten
        ? []
        : ['Another program reads the file, which may still contain the name: end that program, and run this command again.']
  return [
    `Removed from ${events} events${acceptances > 0 ? ` and ${acceptances} acceptances` : ''}; recorded as "audit.removeName".`,
    ...archives.map((archive) => `Written again: ${archive}`),
    ...file,
    ...describeLeft(left),
    'Backups, exports and logs of before still contain it.',
  ].join('\n')
}

function describeLeft({ acceptances, others, missingArchives, archives }: Left): string[] {
  return [
    ...(missingArchives.length > 0 ? [`Not looked into, because they were not found: ${missingArchives.join(', ')}; add --archive.`] : []),
    ...archives
      .filter(isUnrecorded)
      .map(({ path }) => `The name is also in "${path}", which no record of this store names: delete that file.`),
    ...(acceptances > 0 ? [`${acceptances} acceptances of the Data Processing Agreement have the name: add --acceptances.`] : []),
    ...(others.length > 0 ? ['Also in the data that is in force; change it there:'] : []),
    ...others.slice(0, maxShown).map(({ what, command }) => `  ${what}: ${command}`),
  ]
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
