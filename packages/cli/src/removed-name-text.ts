// The output of "audit remove-name": the events with the name, what became of them, and where else it is.
import type { FoundName, RemovableMember, RemovedNames } from '@countersign/server'
import { formatTable } from './output.ts'

const maxShown = 50

type Left = Pick<FoundName, 'acceptances' | 'others' | 'missingArchives' | 'archives'>

/** An archive that no record of this store names: after a restore, or of another store. */
export function isUnrecorded({ piece }: FoundName['archives'][number]): boolean {
  return piece === undefined
}

export function describeFound(found: FoundName, withAcceptances: boolean): string {
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
      : `${events.length} events with the name, and what they become:\n${formatTable(['EVENT', 'TIME', 'KIND', 'REALM', 'BECOMES'], rows)}${more}`
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

export function describeRemoved({ events, acceptances, archives, fileRewritten }: RemovedNames, left: Left): string {
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
