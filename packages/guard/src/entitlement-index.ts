// The rights of a client and of its organization with indexes for fast checks: built once when they are loaded, never per request.
import type { ClientRights, OrganizationRights, Partner, Requestor } from '@countersign/protocol'
import { createRecentMap, type RecentMap } from './recent-map.ts'

/** What decides about the tokens of one client. The organization is shared by its clients. */
export interface Entitlement {
  readonly organization: IndexedOrganization
  readonly client: IndexedClient
}

export interface IndexedClient {
  readonly rights: ClientRights
  readonly scopes: ReadonlySet<string>
  readonly revokedTokenIds: ReadonlySet<string>
}

export interface IndexedOrganization {
  readonly rights: OrganizationRights
  /** By id. */
  readonly partners: Membership<Partner>
  readonly requestors: Membership<RequestorPermissions>
}

export type RequestorPermissions = ReadonlySet<string>

/** Members by id: all of them, or those that were asked for. */
export interface Membership<Value> {
  /** Null for an id that is no member; undefined if that is not known yet, and `learn` has to be called first. */
  find(id: string): Value | null | undefined
  learn(id: string, value: Value | null): void
}

const lowerCaseUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The only accepted spelling of partner and requestor ids: any other value, such as "*" or "{…}", matches nothing. */
export function isLowerCaseUuid(text: string): boolean {
  return lowerCaseUuid.test(text)
}

/** The number of partners, and of requestors, that are remembered of an organization whose lists are not in its document. */
const maxAnswers = 10_000

export function indexOrganization(rights: OrganizationRights): IndexedOrganization {
  const { partners, requestors } = rights
  return Object.freeze({
    rights,
    partners: indexMembers(partners.list?.map((partner) => [partner.id, partner])),
    requestors: indexMembers(requestors.list?.map((requestor) => [requestor.id, indexPermissions(requestor)])),
  })
}

export function indexClient(rights: ClientRights): IndexedClient {
  return Object.freeze({ rights, scopes: new Set(rights.scopes), revokedTokenIds: new Set(rights.revokedTokenIds) })
}

export function indexPermissions({ permissions }: Requestor): RequestorPermissions {
  return new Set(permissions)
}

function indexMembers<Value>(entries: (readonly [string, Value])[] | undefined): Membership<Value> {
  if (entries) {
    const all = new Map(entries.filter(([id]) => isLowerCaseUuid(id)))
    return { find: (id) => all.get(id) ?? null, learn: () => {} }
  }
  const answers: RecentMap<Value | null> = createRecentMap(maxAnswers)
  return { find: (id) => (isLowerCaseUuid(id) ? answers.get(id) : null), learn: answers.set }
}
