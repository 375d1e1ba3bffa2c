// The rights of a client and of its organization with indexes for fast checks: built once when they are loaded, never per request.
import {
  isLowerCaseUuid,
  type ClientRights,
  type EntitlementDocument,
  type OrganizationRights,
  type Partner,
  type Requestor,
} from '@countersign/protocol'
import type { Audience } from './audience.ts'

/** What decides about the tokens of one client. The organization is shared by its clients. */
export interface Entitlement {
  readonly organization: IndexedOrganization
  readonly client: IndexedClient
}

export interface IndexedClient {
  readonly rights: ClientRights
  /** Without those of other APIs, if the audience of this one was told. */
  readonly scopes: ReadonlySet<string>
  readonly revokedTokenIds: ReadonlySet<string>
}

export interface IndexedOrganization {
  readonly rights: OrganizationRights
  readonly partners: Membership<Partner>
  readonly requestors: Membership<RequestorPermissions>
}

export type RequestorPermissions = ReadonlySet<string>

/** Members by id: all of them, or those that were asked for. */
export interface Membership<Member> {
  /** Null for an id that is no member; undefined if that is not known. */
  find(id: string): Member | null | undefined
}

/** The members of an organization whose lists are not in its rights. */
export interface OrganizationMembers {
  readonly partners?: Membership<Partner>
  readonly requestors?: Membership<RequestorPermissions>
}

/** A partner and a requestor that a decision is about, by their ids. */
export interface Wanted {
  readonly partnerId?: string | undefined
  readonly requestorId?: string | undefined
}

/**
 * Takes a document that {@link parseEntitlement} has accepted, and what it was asked for: of a list that it lacks, only that member is
 * known.
 * @param audience of the API that decides; without it scopes of all APIs count
 */
export function indexEntitlement(document: EntitlementDocument, { partnerId, requestorId }: Wanted = {}, audience?: Audience): Entitlement {
  const { partner, requestor } = document
  return Object.freeze({
    organization: indexOrganization(document.organization, {
      partners: oneMember(partnerId, partner),
      requestors: oneMember(requestorId, requestor && indexPermissions(requestor)),
    }),
    client: indexClient(document.client, audience),
  })
}

/** @param members used for the lists that `rights` lacks */
export function indexOrganization(rights: OrganizationRights, members: OrganizationMembers = {}): IndexedOrganization {
  const { partners, requestors } = rights
  return Object.freeze({
    rights,
    partners: partners.list ? allMembers(partners.list, (partner) => partner) : (members.partners ?? noneKnown),
    requestors: requestors.list ? allMembers(requestors.list, indexPermissions) : (members.requestors ?? noneKnown),
  })
}

/** @param audience of the API that decides; without it scopes of all APIs count */
export function indexClient(rights: ClientRights, audience?: Audience): IndexedClient {
  return Object.freeze({ rights, scopes: countingScopes(rights, audience), revokedTokenIds: new Set(rights.revokedTokenIds) })
}

/** Of the scopes that belong to an API only those of this API count; those that belong to none count at each. */
function countingScopes({ scopes, apiScopes }: ClientRights, audience: Audience | undefined): ReadonlySet<string> {
  if (!apiScopes || audience === undefined) return new Set(scopes)
  const names = typeof audience === 'string' ? [audience] : audience
  const [own, others] = [new Set<string>(), new Set<string>()]
  for (const [api, ofApi] of Object.entries(apiScopes)) for (const scope of ofApi) (names.includes(api) ? own : others).add(scope)
  return new Set(scopes.filter((scope) => own.has(scope) || !others.has(scope)))
}

export function indexPermissions({ permissions }: Requestor): RequestorPermissions {
  return new Set(permissions)
}

const noneKnown: Membership<never> = { find: () => undefined }

function allMembers<Item extends { readonly id: string }, Member>(
  list: readonly Item[],
  index: (item: Item) => Member,
): Membership<Member> {
  const members = new Map<string, Member>()
  for (const item of list) if (isLowerCaseUuid(item.id)) members.set(item.id, index(item))
  return { find: (id) => members.get(id) ?? null }
}

function oneMember<Member>(askedFor: string | undefined, answer: Member | null | undefined): Membership<Member> {
  if (askedFor === undefined || answer === undefined) return noneKnown
  return { find: (id) => (id === askedFor ? answer : undefined) }
}
