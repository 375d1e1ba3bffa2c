// The texts of events that people write, and that may name a person. Identifiers stay: they are what the log proves, and a restore reads
// them.
import type { StoredEvent } from '../events/event-row.ts'
import { createNamePattern, removedMarker } from './name-pattern.ts'

const columns = { reason: 'reason', onBehalfOf: 'on_behalf_of' } as const
const detailMembers = [
  'acceptedBy',
  'address',
  'answer',
  'before',
  'description',
  'name',
  'reason',
  'recordedBy',
  'removedBy',
  'subject',
] as const

/** As in the events of the admin API. */
export const removableMembers = [
  ...(Object.keys(columns) as (keyof typeof columns)[]),
  ...detailMembers.map((member) => `detail.${member}` as const),
] as const

export type RemovableMember = (typeof removableMembers)[number]

export type RemovableRow = Pick<StoredEvent, 'reason' | 'on_behalf_of' | 'detail'>

export function isRemovable(member: string): member is RemovableMember {
  return removableMembers.some((known) => known === member)
}

export interface NewTexts {
  /** With the changed columns. */
  readonly changed: Partial<RemovableRow>
  readonly members: readonly RemovableMember[]
  /** The new texts of these members. */
  readonly texts: readonly string[]
}

/** Undefined if nothing in the row has to change. */
export function rewriteTexts(row: RemovableRow, rewrite: RewriteText): NewTexts | undefined {
  const changed: { -readonly [Column in keyof RemovableRow]?: string } = {}
  const found: { readonly member: RemovableMember; readonly text: string }[] = []
  const rewritten = (text: unknown, member: RemovableMember): string | undefined => {
    if (typeof text !== 'string') return undefined
    const next = rewrite(text, member)
    if (next === text) return undefined
    found.push({ member, text: next })
    return next
  }
  for (const member of Object.keys(columns) as (keyof typeof columns)[]) {
    const text = rewritten(row[columns[member]], member)
    if (text !== undefined) changed[columns[member]] = text
  }
  const detail = parseDetail(row.detail)
  const before = found.length
  for (const member of detailMembers) {
    const text = rewritten(detail[member], `detail.${member}`)
    if (text !== undefined) detail[member] = text
  }
  if (found.length > before) changed.detail = JSON.stringify(detail)
  if (found.length === 0) return undefined
  return { changed, members: found.map(({ member }) => member), texts: found.map(({ text }) => text) }
}

/** Which texts are removed: those with a name, or whole ones of these members, or both. */
export interface RemovalChoice {
  readonly name: string | undefined
  readonly members: readonly RemovableMember[] | undefined
}

/** @returns the text unchanged if it stays */
export type RewriteText = (text: string, member: RemovableMember) => string

export function createRewrite({ name, members }: RemovalChoice): RewriteText {
  const pattern = name === undefined ? undefined : createNamePattern(name)
  return (text, member) => {
    if (members && !members.includes(member)) return text
    return pattern ? pattern.removeFrom(text) : removedMarker
  }
}

/** An altered row may contain anything; a verification tells. */
function parseDetail(text: string): Record<string, unknown> {
  try {
    const detail: unknown = JSON.parse(text)
    return typeof detail === 'object' && detail !== null ? (detail as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
