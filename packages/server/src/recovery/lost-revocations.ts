// What took something away after the backup: the refusals among the changes that a restore undoes, each as it finally was. A client
// that was disabled and enabled again is not disabled; what was deleted is not narrowed before. What gave something is for people
// to decide on again, and so is everything about what was made after the backup, because that is gone.

import type { ChangeDetails, ChangeKind } from '../audit/events/kinds.ts'

/** A change as the audit log tells of it: an export may be of any age, so nothing is known of the detail. */
export interface LostEvent {
  readonly id: string
  readonly at: string
  readonly kind: string
  readonly outcome: string
  readonly realm: string | null
  readonly organizationId: string | null
  readonly clientId: string | null
  readonly detail: Readonly<Record<string, unknown>>
}

export type Revocation = { readonly event: LostEvent; readonly realm: string } & (
  | { readonly kind: 'organizations.suspend' | 'organizations.delete'; readonly organization: string }
  | { readonly kind: 'partners.withdraw'; readonly organization: string; readonly partner: string }
  | { readonly kind: 'partners.delete'; readonly partner: string }
  | { readonly kind: 'capabilities.remove'; readonly organization: string; readonly capability: string }
  | { readonly kind: 'requestors.delete'; readonly organization: string; readonly requestor: string }
  | {
      readonly kind: 'requestors.update'
      readonly organization: string
      readonly requestor: string
      readonly permissions: readonly string[]
    }
  | { readonly kind: 'clients.update'; readonly client: string; readonly body: Narrowing }
  | { readonly kind: 'clients.delete'; readonly client: string }
  /** An orderly end of a secret, unlike a revocation, is repeated only where the client has another one. */
  | { readonly kind: 'secrets.revoke'; readonly client: string; readonly secret: string; readonly isOrderly: boolean }
)

/** Lists are those that were set: what a client has of them it keeps, and gets nothing. */
export interface Narrowing {
  readonly enabled?: false
  readonly serviceAccountEnabled?: false
  readonly scopes?: readonly string[]
  readonly authenticationMethods?: readonly string[]
}

/** What an event says of one thing; what a later event says of the same thing replaces it. */
interface Part {
  readonly event: LostEvent
  readonly key: string
  /** The members of the detail that say it. */
  readonly detail: Readonly<Record<string, unknown>>
  readonly revocation?: Revocation
  /** What it took away is not all that it did. */
  readonly isHalf?: true
}

export interface SortedChanges {
  /** The oldest first. */
  readonly revocations: readonly Revocation[]
  /** Everything else that still counts, the oldest first. */
  readonly rest: readonly LostEvent[]
}

/** @param events those that the backup does not have; tokens and refused requests among them are left out */
export function sortLostChanges(events: readonly LostEvent[]): SortedChanges {
  const changes = events.filter(({ outcome, detail }) => outcome === 'success' && 'by' in detail).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const latest = new Map<string, Part>()
  const partsOf = new Map<LostEvent, readonly Part[]>()
  const madeSince = new Set<string>()

  for (const event of changes) {
    const { organization, client } = namesOf(event)
    if (event.kind === 'organizations.create') madeSince.add(organization)
    if (event.kind === 'clients.create') madeSince.add(client)
    const parts = madeSince.has(organization) || madeSince.has(client) ? [] : readParts(event)
    partsOf.set(event, parts)
    if (event.kind === 'organizations.delete') forget(latest, organization)
    if (event.kind === 'clients.delete') forget(latest, client)
    for (const part of parts) latest.set(part.key, part)
  }

  const isLatest = (part: Part) => latest.get(part.key) === part
  return {
    revocations: changes.flatMap((event) =>
      partsOf.get(event)!.flatMap((part) => (part.revocation && isLatest(part) ? [part.revocation] : [])),
    ),
    rest: changes.flatMap((event) => {
      const parts = partsOf.get(event)!
      if (parts.length === 0) return [event]
      const left = parts.filter((part) => isLatest(part) && (!part.revocation || part.isHalf))
      const by = { by: event.detail['by'] }
      return left.length === 0
        ? []
        : [{ ...event, detail: left.reduce<Record<string, unknown>>((detail, part) => merge(detail, part.detail), by) }]
    }),
  }
}

function namesOf({ realm, organizationId, clientId }: LostEvent) {
  return { organization: `organization ${organizationId} `, client: `client ${realm} ${clientId} ` }
}

function forget(latest: Map<string, Part>, name: string): void {
  for (const [key, { event }] of latest) if (key.startsWith(name) || namesOf(event).organization === name) latest.delete(key)
}

/** Empty where the event is about nothing that can be taken away. */
function readParts(event: LostEvent): Part[] {
  const { kind, realm, detail, organizationId, clientId } = event
  if (realm === null) return []
  const names = namesOf(event)
  const common = { event, realm }
  const ofOrganization = { ...common, organization: organizationId ?? '' }
  const ofClient = { ...common, client: clientId ?? '' }
  const part = (key: string, slice: Part['detail'], revocation?: Revocation, isHalf?: true): Part => ({
    event,
    key,
    detail: slice,
    ...(revocation && { revocation }),
    ...(isHalf && { isHalf }),
  })

  const withdrawal = (partner: string, isWithdrawn: boolean, slice: Part['detail']) =>
    part(
      `${names.organization}partner ${partner}`,
      slice,
      isWithdrawn ? { ...ofOrganization, kind: 'partners.withdraw', partner } : undefined,
    )
  const capability = (name: string, value: unknown, slice: Part['detail']) =>
    part(
      `${names.organization}capability ${name}`,
      slice,
      value === false || value === null ? { ...ofOrganization, kind: 'capabilities.remove', capability: name } : undefined,
    )
  const status = (isSuspended: boolean, slice: Part['detail']) =>
    part(`${names.organization}status`, slice, isSuspended ? { ...ofOrganization, kind: 'organizations.suspend' } : undefined)

  switch (kind) {
    case 'organizations.suspend':
    case 'organizations.resume':
      return [status(kind === 'organizations.suspend', detail)]
    case 'organizations.delete':
      return [part(names.organization, detail, { ...ofOrganization, kind })]
    case 'organizations.update':
      return membersOf(event, kind).flatMap(([member, value]) => {
        if (member === 'status') return [status(value === 'suspended', { status: value })]
        if (member !== 'capabilities') return [part(`${names.organization}${member}`, { [member]: value })]
        return Object.entries(value as object).map(([name, set]: [string, unknown]) =>
          capability(name, set, { capabilities: { [name]: set } }),
        )
      })
    case 'capabilities.set': {
      const { capability: name, value } = detailOf(event, kind)
      return [capability(String(name), value, detail)]
    }
    case 'capabilities.remove':
      return [capability(String(detailOf(event, kind).capability), null, detail)]
    case 'partners.authorize':
      return [withdrawal(String(detailOf(event, kind).partner), false, detail)]
    case 'partners.withdraw':
      return [withdrawal(String(detailOf(event, kind).partner), true, detail)]
    case 'partners.change': {
      const { authorized, withdrawn } = detailOf(event, kind)
      return [
        ...listOf(authorized).map((id) => withdrawal(id, false, { authorized: [id] })),
        ...listOf(withdrawn).map((id) => withdrawal(id, true, { withdrawn: [id] })),
      ]
    }
    case 'partners.register':
      return [part(`partner ${String(detailOf(event, kind).partner)}`, detail)]
    case 'partners.delete': {
      const { partner: deleted, withdrawnFrom } = detailOf(event, kind)
      const partner = String(deleted)
      // Also one by one: should it have been registered again, nobody is authorized for it again.
      const withdrawals = listOf(withdrawnFrom).map((organization) =>
        part(`organization ${organization} partner ${partner}`, {}, { ...common, kind: 'partners.withdraw', organization, partner }),
      )
      return [part(`partner ${partner}`, detail, { ...common, kind, partner }), ...withdrawals]
    }
    case 'requestors.update': {
      const { requestor: id, permissions } = detailOf(event, kind)
      const requestor = String(id)
      const revocation: Revocation = { ...ofOrganization, kind, requestor, permissions: listOf(permissions) }
      return [part(`${names.organization}requestor ${requestor}`, detail, revocation, true)]
    }
    case 'requestors.delete': {
      const requestor = String(detailOf(event, kind).requestor)
      return [part(`${names.organization}requestor ${requestor}`, detail, { ...ofOrganization, kind, requestor })]
    }
    case 'clients.update':
      return membersOf(event, kind).flatMap(([member, value]) => {
        const isSwitch = member === 'enabled' || member === 'serviceAccountEnabled'
        const isList = member === 'scopes' || member === 'authenticationMethods'
        const takesAway = (isSwitch && value === false) || isList
        const revocation: Revocation = { ...ofClient, kind, body: { [member]: value } }
        return [part(`${names.client}${member}`, { [member]: value }, takesAway ? revocation : undefined, isList || undefined)]
      })
    case 'clients.delete':
      return [part(names.client, detail, { ...ofClient, kind })]
    case 'secrets.revoke':
    case 'rotation.confirm':
    case 'rotation.cancel': {
      const secret = String(detailOf(event, kind).endedSecretId)
      const isOrderly = kind !== 'secrets.revoke'
      return [part(`${names.client}secret ${secret}`, detail, { ...ofClient, kind: 'secrets.revoke', secret, isOrderly })]
    }
    default:
      return []
  }
}

/** The members that an event of a kind has, with whatever stands in them. */
function detailOf<Kind extends ChangeKind>(
  { detail }: LostEvent,
  _kind: Kind,
): { readonly [Member in keyof ChangeDetails[Kind]]?: unknown } {
  return detail as { readonly [Member in keyof ChangeDetails[Kind]]?: unknown }
}

/** Of an event that says which members were changed. */
function membersOf<Kind extends 'organizations.update' | 'clients.update'>({ detail }: LostEvent, _kind: Kind) {
  return Object.entries(detail).filter(([member]) => member !== 'by' && member !== 'repeats') as [keyof ChangeDetails[Kind], unknown][]
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function merge(detail: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...detail }
  for (const [member, value] of Object.entries(more)) {
    const known = merged[member]
    if (Array.isArray(known) && Array.isArray(value)) merged[member] = [...(known as unknown[]), ...(value as unknown[])]
    else if (member === 'capabilities') merged[member] = { ...(known as object | undefined), ...(value as object) }
    else merged[member] = value
  }
  return merged
}
