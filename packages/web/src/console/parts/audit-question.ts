// What the audit page asks: its filters as they are in the address, as a query of audit.search, and in words.

export interface AuditPlace {
  readonly tab: string
  readonly realm: string
  readonly who: string
  readonly about: string
  readonly kind: string
  readonly since: string
  readonly from: string
  readonly to: string
  readonly request: string
  readonly after: string
}

export const noFilters: AuditPlace = {
  tab: '',
  realm: '',
  who: '',
  about: '',
  kind: '',
  since: '',
  from: '',
  to: '',
  request: '',
  after: '',
}

export const tabs = [
  ['', 'Changes'],
  ['tokens', 'Tokens'],
  ['refusals', 'Refusals'],
  ['all', 'All'],
] as const

const hourMs = 3_600_000
export const spans = [
  ['', 'last 24 hours'],
  ['1h', 'last hour'],
  ['7d', 'last 7 days'],
  ['30d', 'last 30 days'],
  ['all', 'all the time'],
  ['between', 'between …'],
] as const
/** A map: the address may ask for "constructor". */
const spanMs: ReadonlyMap<string, number> = new Map([
  ['', 24 * hourMs],
  ['1h', hourMs],
  ['7d', 7 * 24 * hourMs],
  ['30d', 30 * 24 * hourMs],
])

export const maxPerPage = 50

/** @param organizationId of the organization that `about` names, if it does */
export function toAuditQuery(place: AuditPlace, nowMs: number, organizationId: string | undefined) {
  const { tab, realm, who, about, kind, request, after } = place
  return {
    limit: maxPerPage,
    ...ofTab(tab, kind),
    ...(realm && { realm }),
    ...(who && { actor: who }),
    ...(about && (organizationId === undefined ? { client: about } : { organization: organizationId })),
    ...(request && { request }),
    ...(after && { after }),
    ...rangeOf(place, nowMs),
  }
}

function ofTab(tab: string, kind: string) {
  const kinds = kind && { kind }
  if (tab === 'tokens') return { kind: kind || 'token.request', outcome: 'success' as const }
  if (tab === 'refusals') return { outcome: 'refused' as const, ...kinds }
  if (tab === 'all') return { ...kinds }
  return { changes: 'true' as const, ...kinds }
}

/** A span begins at a round time, so that asking again a second later is the same question. */
function rangeOf({ since, from, to }: AuditPlace, nowMs: number): { readonly from?: string; readonly to?: string } {
  if (since === 'between') return { ...(from && { from }), ...(to && { to }) }
  const span = spanMs.get(since)
  if (span === undefined) return {}
  const step = span === hourMs ? hourMs / 12 : hourMs
  return { from: new Date(Math.floor((nowMs - span) / step) * step).toISOString() }
}

const nouns: ReadonlyMap<string, string> = new Map([
  ['', 'change'],
  ['tokens', 'token'],
  ['refusals', 'refusal'],
])

/** "No change by operator-1 about acme in the last 24 hours" */
export function describeNone(place: AuditPlace): string {
  const { tab, realm, who, about, kind, since, request } = place
  const span = spans.find(([value]) => value === since)?.[1]
  return [
    `No ${nouns.get(tab) ?? 'event'}`,
    kind && `of the kind ${kind}`,
    who && `by ${who}`,
    about && `about ${about}`,
    realm && `in the realm ${realm}`,
    request && `of the request ${request}`,
    since === 'all' || span === undefined ? '' : since === 'between' ? 'in this time' : `in the ${span}`,
  ]
    .filter(Boolean)
    .join(' ')
}

export function isFiltered({ who, about, kind, since, request, realm }: AuditPlace): boolean {
  return [who, about, kind, since, request, realm].some(Boolean)
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)
}
