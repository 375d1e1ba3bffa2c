// What the page of refusals asks: its filters as they are in the address, as queries of refusals.summary and refusals.list.
import type { OperationInput } from '@countersign/admin'

export const noRefusalFilters = { span: '', code: '', reason: '', organization: '', client: '', api: '', source: '' }
export type RefusalPlace = typeof noRefusalFilters

export type SummaryQuery = NonNullable<OperationInput<'refusals.summary'>['query']>
export type ListQuery = NonNullable<OperationInput<'refusals.list'>['query']>

export const spans = [
  ['', '24 hours'],
  ['7d', '7 days'],
  ['30d', '30 days'],
] as const

export const sources = [
  ['', 'everywhere'],
  ['guard', 'guards'],
  ['token', 'the token endpoint'],
  ['me', '/v1/me'],
  ['admin', 'the admin API'],
  ['evaluation', 'the decision endpoint'],
] as const

const hourMs = 3_600_000

/** The first hour of a span is the same for an hour, so that asking again a second later is the same question. */
export function toSummaryQuery(place: RefusalPlace, nowMs: number): SummaryQuery {
  const filters = filtersOf(place)
  if (place.span === '30d') return { ...filters, step: 'day' }
  if (place.span === '7d') return { ...filters, from: new Date(nowMs - (nowMs % hourMs) - 167 * hourMs).toISOString() }
  return filters
}

/** Of the last 50 of a group. */
export function toListQuery(place: RefusalPlace, group: Pick<RefusalPlace, 'code'> & Partial<RefusalPlace>, from: string): ListQuery {
  return { ...filtersOf({ ...place, ...group }), from, limit: 50 }
}

/** All that the page counts, for a file. */
export function toExportQuery(place: RefusalPlace, from: string): ListQuery {
  return { ...filtersOf(place), from }
}

/** Only what the filters of the page can say: an address may have anything. */
function filtersOf({ code, reason, organization, client, api, source }: RefusalPlace) {
  const known = sources.find(([value]) => value === source)?.[0]
  return {
    ...(/^[a-z][a-z-]{0,63}$/.test(code) && { code }),
    ...(/^[A-Za-z0-9_-]{1,64}$/.test(reason) && { reason }),
    ...(organization && { organization }),
    ...(client && { client }),
    ...(/^[A-Za-z0-9._-]{1,64}$/.test(api) && { api }),
    ...(known && { source: known }),
  }
}

/** Whether a filter besides the span is set. */
export function isFiltered(place: RefusalPlace): boolean {
  const { span: _span, ...filters } = noRefusalFilters
  return Object.keys(filters).some((name) => place[name as keyof typeof filters] !== '')
}

/** The length of a span in words. */
export function describeSpanOf(span: string): string {
  return spans.find(([value]) => value === span)?.[1] ?? spans[0][1]
}
