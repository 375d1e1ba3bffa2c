// Events of the audit log as a table for people: time, subject, actor, reason and what happened.
import { shellWord, type OperationOutput } from '@countersign/admin'
import { describeFilters, type Filters } from './audit-filters.ts'
import { whatHappened } from './audit-what.ts'
import { terminalWidth } from './fit-columns.ts'
import { describeNextPage } from './operator-command.ts'
import { formatFacts, formatTable } from './output.ts'

type Page = OperationOutput<'audit.search'>
type Event = Page['items'][number]

export type TableOptions = Filters & { readonly wide?: boolean }

interface Column {
  readonly text: (event: Event) => string
  /** Characters without --wide; longer values end with "…". */
  readonly most?: number
  /** Shown with --wide only, or where the options ask for it. */
  readonly isWide?: true | ((options: TableOptions) => boolean)
}

const columns: Readonly<Record<string, Column>> = {
  TIME: { text: ({ at }) => at.replace(/\.\d+Z$/, 'Z') },
  REALM: { text: ({ realm }) => realm ?? '', isWide: ofAllRealms },
  KIND: { text: ({ kind }) => kind },
  OUTCOME: { text: ({ outcome }) => outcome },
  ABOUT: { text: aboutWhat, most: 24 },
  WHO: { text: byWhom, most: 24 },
  WHY: { text: why, most: 32 },
  WHAT: { text: whatHappened, most: 48 },
  ADDRESS: { text: ({ address }) => address ?? '', isWide: true },
  REQUEST: { text: ({ requestId, callerRequestId }) => requestId ?? callerRequestId ?? '' },
}

/** The same names are used in several realms. */
function ofAllRealms({ realm, changes, by, actor }: TableOptions): boolean {
  return realm === undefined && (changes === true || by !== undefined || actor !== undefined)
}

/** Columns that are empty in all rows are left out. */
export function formatEvents({ items, next }: Page, options: TableOptions, width = terminalWidth()): string {
  const more = describeNextPage(next)
  if (items.length === 0)
    return next === null ? describeNone(options) : ['None among the events that were searched so far.', ...more].join('\n\n')
  const shown = Object.entries(columns)
    .filter(([, { isWide }]) => options.wide === true || (typeof isWide === 'function' ? isWide(options) : isWide !== true))
    .map(([heading, { text, most }]) => ({ heading, most, cells: items.map(text) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
  const table = formatTable(
    shown.map(({ heading }) => heading),
    items.map((_event, row) => shown.map(({ cells }) => cells[row] ?? '')),
    options.wide === true
      ? { width: Infinity }
      : {
          shorten: ['WHAT', 'WHY', 'ABOUT'],
          most: Object.fromEntries(shown.map(({ heading, most }) => [heading, most])),
          width,
          hasWide: true,
        },
  )
  return [table, ...more].join('\n\n')
}

/** All columns below each other, then the details as they were recorded. */
export function describeEvent(event: Event): string {
  const facts = Object.entries(columns).map(([heading, { text }]) => [heading.toLowerCase(), text(event)] as const)
  return `${formatFacts(facts.filter(([, text]) => text !== ''))}\n\n${JSON.stringify(event.detail, null, 2)}`
}

/** A change is about a client, an organization or a realm; a request is one of a client, which is in the next column. */
function aboutWhat({ actor, detail, clientId, organizationSlug, organizationId, realm }: Event): string {
  const organization = organizationSlug ?? organizationId
  const isChange = actor !== null || 'by' in detail
  return (isChange ? (clientId ?? organization) : organization) ?? realm ?? ''
}

function byWhom({ actor, clientId, address, detail }: Event): string {
  const by = (detail['by'] as { readonly client?: string } | undefined)?.client
  if (actor === null) return by ?? clientId ?? address ?? ''
  if (actor.name !== undefined) return actor.name
  return actor.onBehalfOf === null ? actor.id : `${actor.id} for ${actor.onBehalfOf}`
}

function why({ reason, detail }: Event): string {
  return reason ?? (typeof detail['reason'] === 'string' ? detail['reason'] : '')
}

function describeNone(options: Filters): string {
  const filters = describeFilters(options)
  if (filters === '') return 'None. The audit log has no events that this operator may read.'
  if (options.request !== undefined)
    return `None. Looked for: ${filters}\nNext: refusals of APIs are not in the audit log; look for one with "countersign explain ${shellWord(options.request)}".`
  return `None. Looked for: ${filters}\nNext: leave one of these filters out, or look further back with --since.`
}
