// Finds the revocations made after the backup, among the changes that a restore undoes, each in its final state. A client that was
// disabled and enabled again is not disabled; a deleted one is not narrowed before. Grants are left to the operators, and so are changes
// to what was created after the backup, because that does not exist any more.

import type { ChangeDetails, ChangeKind, MadeBy } from '../audit/events/kinds.ts'

/** A change as the audit log records it. An export may be of any version, so the members of the detail are unknown. */
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
  | { readonly kind: 'people.setRole'; readonly organization: string; readonly person: string; readonly role: string }
  | { readonly kind: 'people.remove'; readonly organization: string; readonly person: string }
  | { readonly kind: 'identityProviders.remove'; readonly organization: string }
  /** Also of one that was accepted: nothing else knows that it was used. */
  | { readonly kind: 'invitations.withdraw'; readonly organization: string; readonly invitation: string }
  | { readonly kind: 'passkeys.remove'; readonly organization: string; readonly person: string; readonly passkey: string }
  | { readonly kind: 'clients.update'; readonly client: string; readonly body: Narrowing }
  | { readonly kind: 'clients.delete'; readonly client: string }
  /** The regular end of a secret, unlike a revocation, is repeated only if the client has another one. */
  | { readonly kind: 'secrets.revoke'; readonly client: string; readonly secret: string; readonly isOrderly: boolean }
  /** Also the URL of keys. Orderly without force: repeated only if the client has another way to authenticate. */
  | { readonly kind: 'keys.remove'; readonly client: string; readonly key: string; readonly isOrderly: boolean }
  /** A signing key of the realm. */
  | { readonly kind: 'signingKeys.compromise'; readonly key: string }
)

/** Lists contain the values that were set: the client keeps those of them that it has, and gets none. */
export interface Narrowing {
  readonly enabled?: false
  readonly serviceAccountEnabled?: false
  readonly scopes?: readonly string[]
  readonly authenticationMethods?: readonly string[]
  readonly operatorScopes?: readonly string[]
  /** An operator without limits gets these. */
  readonly operatorRealms?: readonly string[]
}

/** What an event changed; a later event with the same key replaces it. */
interface Part {
  readonly event: LostEvent
  readonly key: string
  /** The members of the detail that contain the change. */
  readonly detail: Readonly<Record<string, unknown>>
  readonly revocation?: Revocation
  /** The event also changed something besides the revocation. */
  readonly isHalf?: true
}

export interface SortedChanges {
  /** Oldest first. */
  readonly revocations: readonly Revocation[]
  /** The other changes that are still in effect, oldest first. */
  readonly rest: readonly LostEvent[]
}

/** @param events the events that the backup lacks; tokens and denied requests among them are ignored */
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
      const { by, reason } = event.detail
      const common = { by, ...(reason !== undefined && { reason }) }
      return left.length === 0
        ? []
        : [{ ...event, detail: left.reduce<Record<string, unknown>>((detail, part) => merge(detail, part.detail), common) }]
    }),
  }
}

function namesOf({ realm, organizationId, clientId }: LostEvent) {
  // A client id may contain spaces, but no line end: no name begins another.
  return { organization: `organization ${organizationId} `, client: `client ${realm} ${clientId}\n` }
}

function forget(latest: Map<string, Part>, name: string): void {
  for (const [key, { event }] of latest) if (key.startsWith(name) || namesOf(event).organization === name) latest.delete(key)
}

/** Empty if the event affects nothing that can be revoked. */
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

  const spent = (invitation: string, slice: Part['detail']) =>
    part(`${names.organization}invitation ${invitation}`, slice, { ...ofOrganization, kind: 'invitations.withdraw', invitation })

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
      // Also withdrawn one by one: if the partner was registered again, no authorization for it must return.
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
    case 'people.setRole': {
      const { person: id, role } = detailOf(event, kind)
      const person = String(id)
      return [part(`${names.organization}role ${person}`, detail, { ...ofOrganization, kind, person, role: String(role) }, true)]
    }
    case 'people.remove': {
      const person = String(detailOf(event, kind).person)
      return [part(`${names.organization}person ${person}`, detail, { ...ofOrganization, kind, person })]
    }
    // What the backup has may be another identity provider, or give more roles; the lost one has to be set again by hand.
    case 'identityProviders.set':
      return [part(`${names.organization}identity provider`, detail, { ...ofOrganization, kind: 'identityProviders.remove' }, true)]
    case 'identityProviders.remove':
      return [part(`${names.organization}identity provider`, detail, { ...ofOrganization, kind })]
    case 'invitations.create':
      return [part(`${names.organization}invitation ${String(detailOf(event, kind).invitation)}`, detail)]
    case 'invitations.withdraw':
      return [spent(String(detailOf(event, kind).invitation), detail)]
    case 'people.join': {
      const { invitation, person } = detailOf(event, kind)
      return [spent(String(invitation), {}), part(`${names.organization}person ${String(person)}`, detail)]
    }
    case 'passkeys.add':
      return [part(`${names.organization}passkey ${String(detailOf(event, kind).passkey)}`, detail)]
    case 'passkeys.remove': {
      const { person, passkey } = detailOf(event, kind)
      const revocation: Revocation = { ...ofOrganization, kind, person: String(person), passkey: String(passkey) }
      return [part(`${names.organization}passkey ${String(passkey)}`, detail, revocation)]
    }
    case 'clients.update':
      return membersOf(event, kind).flatMap(([member, value]) => {
        const isSwitch = member === 'enabled' || member === 'serviceAccountEnabled'
        const isLimit = member === 'operatorRealms' && value !== null
        const isList = member === 'scopes' || member === 'authenticationMethods' || member === 'operatorScopes' || isLimit
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
    case 'keys.remove': {
      const { publicKeyId, force } = detailOf(event, kind)
      const key = String(publicKeyId)
      return [part(`${names.client}key ${key}`, detail, { ...ofClient, kind, key, isOrderly: force !== true })]
    }
    case 'keys.setUri': {
      const { replacedKeyId } = detailOf(event, kind)
      if (replacedKeyId === undefined) return []
      const key = String(replacedKeyId)
      return [part(`${names.client}key ${key}`, detail, { ...ofClient, kind: 'keys.remove', key, isOrderly: true }, true)]
    }
    case 'signingKeys.compromise': {
      const key = String(detailOf(event, kind).keyId)
      return [part(`signing key ${realm} ${key}`, detail, { ...common, kind, key })]
    }
    default:
      return []
  }
}

/** The members of an event of this kind, with unchecked values. */
function detailOf<Kind extends ChangeKind>(
  { detail }: LostEvent,
  _kind: Kind,
): { readonly [Member in keyof ChangeDetails[Kind]]?: unknown } {
  return detail as { readonly [Member in keyof ChangeDetails[Kind]]?: unknown }
}

const ofEveryChange: ReadonlySet<string> = new Set(['by', 'reason', 'repeats'] satisfies (keyof MadeBy)[])

/** The changed members in an event that lists them. */
function membersOf<Kind extends 'organizations.update' | 'clients.update'>({ detail }: LostEvent, _kind: Kind) {
  return Object.entries(detail).filter(([member]) => !ofEveryChange.has(member)) as [keyof ChangeDetails[Kind], unknown][]
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
