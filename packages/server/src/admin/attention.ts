// What needs attention in a realm, each with the operation that helps. Of each kind the soonest are found, at most one more than are shown.
import type { AdminScope, OperationName, OperationOutput } from '@countersign/admin'
import type { countOpenRequests } from '../access-requests/list-requests.ts'
import { toInstant } from '../api/instants.ts'
import type { FoundRotation } from '../standing/list-rotations.ts'
import type { GuardTrouble } from './guard-attention.ts'
import type { PlacedCutOff } from './list-cut-offs.ts'
import type { RefusedAgreement } from './refused-agreements.ts'

export type Attention = OperationOutput<'realms.summary'>['attention'][number]
type OpenRequests = Awaited<ReturnType<typeof countOpenRequests>>
type Agreement = OperationOutput<'realms.summary'>['counts']['agreement']

export const maxShown = 50
const dayMs = 86_400_000
const rotationNoticeMs = 3 * dayMs
export const expiryNoticeMs = 14 * dayMs
const agreementNoticeMs = 30 * dayMs

/** Beside the scope of the summary. */
export const scopeOf: Readonly<Record<Attention['kind'], AdminScope>> = {
  'rotation-cuts-off': 'clients:read',
  'credential-ends': 'clients:read',
  'rotation-can-end': 'clients:read',
  'agreement-refused': 'audit:read',
  'agreement-coming': 'organizations:read',
  'secrets-due': 'clients:read',
  'access-request': 'organizations:read',
  'guard-cut-off': 'audit:read',
  'guard-silent': 'audit:read',
}

const severities: Readonly<Record<Attention['severity'], number>> = { bad: 0, warn: 1, ok: 2 }

/** By severity, then the soonest first. */
export function sortAttention(items: readonly Attention[]): Attention[] {
  const soon = ({ until }: Attention) => (until === null ? Infinity : Date.parse(until))
  const compare = (one: number, other: number) => (one === other ? 0 : one < other ? -1 : 1)
  return items.toSorted((one, other) => compare(severities[one.severity], severities[other.severity]) || compare(soon(one), soon(other)))
}

/** The organization of a client is added when it is known that the item is shown. */
function toItem(
  kind: Attention['kind'],
  name: OperationName,
  params: Record<string, string>,
  item: Partial<Omit<Attention, 'kind' | 'operation'>>,
): Attention {
  const nothing = { organization: null, client: null, reason: null, api: null, version: null, since: null, until: null, count: null }
  return { ...nothing, severity: 'warn', ...item, kind, operation: { name, params } }
}

function severityAt(until: number, now: number): Attention['severity'] {
  return until <= now + dayMs ? 'bad' : 'warn'
}

/** Undefined for a client that gets no tokens anyway, and while there is nothing to do. */
export function ofRotation(realm: string, { client, endsAt, cutsOff, advisedFrom }: FoundRotation, now: number): Attention | undefined {
  const { client_id: clientId, enabled, service_account_enabled: hasAccount, status, organization_id: id, slug } = client
  if (enabled !== 1 || hasAccount !== 1 || status !== 'active') return undefined
  const params = { realm, client: clientId }
  const about = { organization: { id, slug, name: client.organization_name }, client: clientId, until: toInstant(endsAt) }
  if (cutsOff !== null && endsAt <= now + rotationNoticeMs)
    return toItem('rotation-cuts-off', 'rotation.extend', params, { ...about, reason: cutsOff, severity: severityAt(endsAt, now) })
  if (advisedFrom === undefined || advisedFrom > now) return undefined
  return toItem('rotation-can-end', 'rotation.confirm', params, { ...about, severity: 'ok', since: toInstant(advisedFrom) })
}

export function ofEnding(realm: string, { at, cutOff }: PlacedCutOff, now: number): Attention | undefined {
  const { client, reason } = cutOff
  if (client === null || (reason !== 'secret-expires' && reason !== 'key-expires')) return undefined
  const isSecret = reason === 'secret-expires'
  return toItem(
    'credential-ends',
    isSecret ? 'rotation.start' : 'keys.list',
    { realm, client },
    { client, reason: isSecret ? 'secret' : 'key', until: toInstant(at), severity: severityAt(at, now) },
  )
}

export function ofAgreement(realm: string, { coming }: Agreement, now: number): Attention | undefined {
  if (!coming || coming.unaccepted === 0) return undefined
  const until = Date.parse(coming.requiredFrom)
  if (until > now + agreementNoticeMs) return undefined
  const { version, requiredFrom, unaccepted: count } = coming
  const about = { version, count, until: requiredFrom, severity: severityAt(until, now) }
  const item = toItem('agreement-coming', 'dpa.standing', { realm }, about)
  return { ...item, operation: { ...item.operation, query: { version } } }
}

export function ofRefusedAgreement(realm: string, version: string, { organization, reason, since, count }: RefusedAgreement): Attention {
  const params = { realm, organization: organization.slug }
  return toItem('agreement-refused', 'dpa.accept', params, { organization, reason, version, since: toInstant(since), count })
}

export function ofDueSecrets(realm: string, count: number): Attention {
  return toItem('secrets-due', 'secrets.due', { realm }, { count })
}

export function ofAccessRequests(realm: string, { count, oldest }: OpenRequests): Attention | undefined {
  if (!oldest) return undefined
  const { organization, client, kind: reason, askedAt: since } = oldest
  const item = toItem('access-request', 'accessRequests.list', { realm }, { organization, client, reason, since, count, severity: 'ok' })
  return { ...item, operation: { ...item.operation, query: { state: 'open' } } }
}

export function ofGuard(realm: string, { kind, reason, client, api, seenAt, count }: GuardTrouble): Attention {
  const severity = kind === 'guard-cut-off' ? 'bad' : 'warn'
  return toItem(kind, 'guards.list', { realm }, { client, reason, api, count, severity, since: toInstant(seenAt) })
}
